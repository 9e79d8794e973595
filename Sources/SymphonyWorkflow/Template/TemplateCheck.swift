// Every template of a workflow against an invented item, whenever the file is read: a broken one
// would fail run after run of every item, so it makes the file invalid. Called by Workflow. What
// renders for some items is let pass here; `doctor` looks closer.

import SymphonyCore

struct TemplateCheck {
  private let engine = TemplateEngine()

  func run(_ policy: Policy, _ log: inout DiagnosticLog) {
    let sample = TemplateContext.sample(isSparse: true)
    check(
      TemplateSource(text: policy.promptTemplate, line: policy.promptLine), "the prompt", sample,
      &log)
    let agents = [policy.agent] + policy.otherAgents.sorted { $0.key < $1.key }.map(\.value)
    var seen: [TemplateSource] = []
    for source in agents.compactMap(\.continuationPrompt) where !seen.contains(source) {
      seen.append(source)
      check(source, "agent.continuation_prompt", sample, &log)
    }
    let published = TemplateContext.adding(.sample, to: sample)
    for (name, source) in [
      ("pull_request.title", policy.pullRequest.title),
      ("pull_request.body", policy.pullRequest.body),
    ] {
      if let source { check(source, name, published, &log) }
    }
  }

  private func check(
    _ source: TemplateSource, _ name: String, _ sample: Structure, _ log: inout DiagnosticLog
  ) {
    for error in engine.check(source.text, sample: sample, firstLine: source.line) {
      log.error(
        error.code, at: TextPosition(line: error.line, column: error.column),
        "\(name) cannot be rendered: \(error.sentence)", hint: error.hint)
    }
  }
}
