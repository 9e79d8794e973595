// WORKFLOW.md, its templates and .env.
import SymphonyCore

@testable import SymphonyWorkflow

private let environment = ["GITHUB_TOKEN": "token-of-tests", "HOME": "/users/me", "EMPTY": ""]

private func read(_ text: String, isStored: Bool = false) -> WorkflowReading {
  Workflow.read(
    text: text, path: "/project/WORKFLOW.md", environment: environment, isStored: isStored,
    otherToken: { _ in nil })
}

let workflowTargets: [FuzzTarget] = [
  FuzzTarget(
    "workflow",
    seeds: {
      try Seeds.files("Tests/WorkflowTests/Fixtures", suffix: ".md")
        + [Seeds.file("WORKFLOW.md.example")] + Seeds.own("workflow-")
        + Seeds.texts(
          "---\nagent:\n  kind: codex\n  command: [codex, exec]\n---\n{{ issue.title }}\n",
          "---\ngithub: {labels: [a, 'b', \"c\\n\"], required_labels: &x [q], y: *x}\n---\nGo.\n",
          "---\nhooks:\n  before_run: |\n    make\n    test\n  after_run: >-\n    a\n---\nx\n")
    }, check: checkWorkflow),
  FuzzTarget(
    "template",
    seeds: {
      try Seeds.files("Tests/WorkflowTests/Fixtures", suffix: ".md")
        + [Seeds.file("WORKFLOW.md.example")]
        + Seeds.texts(
          "{% for l in issue.labels %}{{ loop.index }}: {{ l | upcase }}{% endfor %}",
          "{% if attempt and attempt > 1 %}again{% elsif turn == 1 %}{% else %}x{% endif %}",
          "{% assign x = issue.body | truncate: 10 | replace: \"a\", \"b\" %}{{ x }}",
          "{%- unless issue.author -%} {{- issue.title -}} {%- endunless -%}{% raw %}{{{% endraw %}",
          "{{ range .Issue.Labels }}{{ . }}{{ else }}none{{ end }}{{ with .Issue }}{{ .Title }}{{ end }}",
          "{{ if and .Attempt (gt .Attempt 1) }}{{ printf \"%d %s\" .Attempt .Issue.Title }}{{ end }}",
          "{{/* remark */}}{{ $x := .Issue.Title }}{{ $x | printf \"%q\" | len }}{{ index .Issue.Labels 0 }}"
        )
    }, check: checkTemplate),
  FuzzTarget(
    "dotenv",
    seeds: {
      try [Seeds.file(".env.example")]
        + Seeds.texts(
          "export A=b # remark\nB='it''s'\nC=\"a\\nb\\\"c\\\\ \\$D\"\nD: e\nE=`x\ny`\n",
          "\u{FEFF}A=1\r\nA=2\rB=\"open\nC=3\n", "A = \"x\ny\" # z\n#A=b\n=c\n1=2\n")
    }, check: checkDotEnv),
  FuzzTarget(
    "shell-words",
    seeds: {
      Seeds.texts(
        "codex exec --flag 'it is' \"a \\\"b\\\" \\c\" d\\ e", "${HOME}/x ${A:-b} $C $$ ${", "'",
        "\\")
    }, check: checkWords),
  FuzzTarget(
    "scalar",
    seeds: {
      Seeds.texts("30_000", "-0x7530", "0b11", "0o17", "1_000.5", "1e309", "yes", "OFF", "+.5", "")
    }, check: checkScalar),
]

private func checkWorkflow(_ input: [UInt8]) throws {
  let text = String(decoding: input, as: UTF8.self)
  let reading = read(text)
  let hasErrors = reading.diagnostics.contains { $0.severity == .error }
  try promise(
    (reading.policy == nil) == hasErrors,
    "a file without mistakes has a policy, and one with mistakes has none")
  let lines = FrontMatter.normalised(text).splitLines(keepingEmpty: true)
  for remark in reading.diagnostics {
    try promise(
      (1...max(1, lines.count)).contains(remark.line),
      "\(remark) lies in no line of \(lines.count)")
    let width = lines.isEmpty ? 0 : lines[remark.line - 1].unicodeScalars.count
    try promise(
      (1...width + 1).contains(remark.column), "\(remark) lies behind its line of \(width)")
    try promise(!remark.message.isEmpty && !remark.code.isEmpty, "a remark says nothing")
    try promiseBounded(remark.message + (remark.hint ?? ""), 5000, "a remark")
  }
  try promise(
    reading.diagnostics.count <= 2 * DiagnosticLog.limit + 2,
    "\(reading.diagnostics.count) remarks")
  let again = read(text)
  try promise(
    again.diagnostics == reading.diagnostics && again.settings == reading.settings,
    "the same file is read in two ways")
  if let policy = reading.policy, let stored = reading.storableText, policy.literals.isEmpty {
    try promise(
      read(stored, isStored: true).policy != nil, "what was stored of a good file is not one")
  }
}

private func checkTemplate(_ input: [UInt8]) throws {
  let text = String(decoding: input, as: UTF8.self)
  let engine = TemplateEngine()
  let lines = text.splitLines(keepingEmpty: true).count
  func promisePlace(_ mistake: TemplateError) throws(BrokenPromise) {
    try promise(
      (7...7 + lines).contains(mistake.line) && mistake.column >= 1,
      "\(mistake.line):\(mistake.column) is no place of \(lines) lines from 7 on")
    try promiseBounded(mistake.sentence, 4000, "the sentence of a mistake")
  }
  for isSparse in [false, true] {
    let sample = TemplateContext.sample(isSparse: isSparse)
    let found = engine.check(text, sample: sample, firstLine: 7)
    for mistake in found { try promisePlace(mistake) }
    let outputs = (0..<2).map { _ in
      Result { () throws(TemplateError) in
        try engine.render(text, context: sample, firstLine: 7)
      }
    }
    switch outputs[0] {
    case .success(let output): try promiseBounded(output, 2 << 20, "a prompt")
    case .failure(let mistake): try promisePlace(mistake)
    }
    try promise(outputs[0] == outputs[1], "one template renders in two ways")
  }
  _ = engine.reads(text)
}

private func checkDotEnv(_ input: [UInt8]) throws {
  let reading = DotEnv.parse(String(decoding: input, as: UTF8.self))
  for problem in reading.problems {
    try promisePlain(problem, "a problem")
    try promise(!problem.isEmpty, "a problem says nothing")
  }
  try promise(
    Set(reading.pairs.map(\.name)).count == reading.pairs.count, "a name comes twice")
  var written = ""
  for (name, value) in reading.pairs {
    try promise(Variables.isName(name), "\(name.debugDescription) is no name")
    written += "export \(name)=\"\(escaped(value))\" # remark\n"
  }
  let again = DotEnv.parse(written)
  try promise(again.problems.isEmpty, "what was written has problems: \(again.problems)")
  try promise(
    again.pairs.map(\.name) == reading.pairs.map(\.name)
      && again.pairs.map { Array($0.value.utf8) } == reading.pairs.map { Array($0.value.utf8) },
    "\(reading.pairs) is read back as \(again.pairs)")
}

/// As docs/workflow.md tells people to write a value.
private func escaped(_ value: String) -> String {
  String(
    String.UnicodeScalarView(
      value.unicodeScalars.flatMap { scalar -> [Unicode.Scalar] in
        switch scalar {
        case "\n": ["\\", "n"]
        case "\r": ["\\", "r"]
        case "\t": ["\\", "t"]
        case "\"", "\\", "$": ["\\", scalar]
        default: [scalar]
        }
      }))
}

private func checkWords(_ input: [UInt8]) throws {
  let text = String(decoding: input, as: UTF8.self)
  if let words = ShellWords.split(text) {
    let written = words.map(ShellWords.quoted).joined(separator: " ")
    let again = ShellWords.split(written) ?? []
    try promise(
      again.map { Array($0.utf8) } == words.map { Array($0.utf8) },
      "\(words) is read back as \(again)")
  }
  _ = VariableText.expand(text, environment)
}

private func checkScalar(_ input: [UInt8]) throws {
  let text = String(decoding: input, as: UTF8.self)
  if let number = YAMLScalar.integer(text) {
    try promise(YAMLScalar.integer("\(number)") == number, "\(number) is not read back")
    try promise(YAMLScalar.number(text) == Double(number), "\(text) is two numbers")
  }
  if let number = YAMLScalar.number(text) { try promise(number.isFinite, "\(text) is infinite") }
  _ = YAMLScalar.flag(text)
}
