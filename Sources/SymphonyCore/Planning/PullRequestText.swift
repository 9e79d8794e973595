// The words we write on GitHub: the pull request's title and body, and the comments. Agents' words
// are quoted and cut, what comes from agents and issues does nothing (ForeignText); `Closes` names
// the item in full, so that it also works from another repository.

package struct PullRequestText {
  /// GitHub's limit for a body is 65,536 characters; ours stays far below.
  static let longestQuote = 4_000
  static let mark = "Automated by symphony"

  let record: ItemRecord
  let result: RunResult
  /// The item as the tracker describes it in this tick; nil: it could not be read.
  let item: WorkItem?
  let repository: RepositoryFacts?
  let policy: Policy
  let renderer: (any PromptRenderer)?

  /// A template that does not render costs nobody the pull request: ours take its place, and the
  /// problems say so.
  func order() -> (PullRequestOrder, problems: [String]) {
    var problems: [String] = []
    let settings = policy.pullRequest
    let title = render(settings.title, "pull_request.title", &problems) ?? standardTitle
    var body = render(settings.body, "pull_request.body", &problems) ?? standardBody
    if !body.contains(Self.mark) { body += "\n\n\(Self.mark)." }
    let order = PullRequestOrder(
      repository: record.repository, key: record.key, head: record.branch, base: base,
      title: Self.oneLine(title, otherwise: standardTitle), body: body, draft: settings.draft,
      reuse: settings.reuseExisting)
    return (order, problems)
  }

  private var base: String? { policy.git.namedBase(of: item) ?? result.baseBranch }

  private var standardTitle: String {
    Self.oneLine(
      ForeignText.line(item?.title ?? record.title), otherwise: "Changes for \(record.key)")
  }

  private static func oneLine(_ text: String, otherwise fallback: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ").trimmingWhitespace()
    // GitHub counts code points, and a family of emoji has many.
    return line.isEmpty
      ? fallback : String(String.UnicodeScalarView(line.unicodeScalars.prefix(240)))
  }

  private var words: String {
    Self.cut(result.message.trimmingWhitespace(), to: Self.longestQuote)
  }

  /// A pull request on a pull request's branch closes nothing, and a draft has no number.
  private var closes: String {
    let isIssue = record.number != nil && item?.contentType != .pullRequest
    return isIssue ? "Closes \(record.key)" : "For \(record.key)"
  }

  private var standardBody: String {
    var parts = words.isEmpty ? [] : [ForeignText.quoted(words)]
    if let besides = Self.besides(result) { parts.append(besides) }
    parts.append(closes)
    parts.append("---\n" + Self.receipt(record, result) + "\n\(Self.mark).")
    return parts.joined(separator: "\n\n")
  }

  private func render(
    _ template: TemplateSource?, _ key: String, _ problems: inout [String]
  ) -> String? {
    guard let template, let renderer else { return nil }
    guard let item, let repository else {
      problems.append("\(record.key): the tracker did not answer, \(key) is not used this time")
      return nil
    }
    let context = TemplateContext.make(
      item: ForeignText.inert(item), repository: repository,
      attempt: record.attempt,
      branch: record.branch, baseBranch: base ?? repository.defaultBranch,
      maxTurns: policy.agent.maxTurns)
    let facts = TemplateContext.RunFacts(
      message: ForeignText.inert(words), turns: result.turns, runs: record.runs,
      tokens: record.usage.totalTokens,
      costUSD: record.usage.costUSD, receipt: Self.receipt(record, result), closes: closes)
    do throws(TemplateError) {
      return try renderer.render(
        template.text, context: TemplateContext.adding(facts, to: context), firstLine: template.line
      )
    } catch {
      problems.append(
        "\(policy.workflowPath):\(error.line):\(error.column): \(key): \(error.sentence)")
      return nil
    }
  }

  static func receipt(_ record: ItemRecord, _ result: RunResult) -> String {
    // Tokens and dollars are those of all runs: the turns of the last one alone would stand beside
    // them as if they were all.
    let runs = record.runs
    let turns = "\(result.turns) turn\(result.turns == 1 ? "" : "s")"
    var facts =
      runs > 1
      ? ["\(runs) runs, the last of \(turns)"] : [turns, "\(runs) run\(runs == 1 ? "" : "s")"]
    if record.usage.totalTokens > 0 { facts.append("\(record.usage.totalTokens) tokens") }
    if record.usage.costUSD > 0 { facts.append("$\(money(record.usage.costUSD))") }
    return facts.joined(separator: " · ")
  }

  /// Every call that the agent was denied and every trouble, one sentence each.
  static func troubles(_ result: RunResult) -> [String] {
    result.denied.map { "denied: \($0)" } + result.remarks
  }

  /// Those denials and troubles as a list, because a reviewer of the pull request should know.
  ///
  /// Nil: nothing.
  static func besides(_ result: RunResult) -> String? {
    let all = troubles(result)
    if all.isEmpty { return nil }
    let shown = all.prefix(10).map { "- " + ForeignText.line(cut($0, to: 300)) }
    let rest = all.count > shown.count ? ["- and \(all.count - shown.count) more"] : []
    return (["What did not work in the run:", ""] + shown + rest).joined(separator: "\n")
  }

  /// The same in one short sentence for a verdict; nil: nothing.
  static func remark(_ result: RunResult) -> String? {
    let all = troubles(result)
    guard let first = all.first else { return nil }
    return cut(first, to: 200) + (all.count > 1 ? " (and \(all.count - 1) more)" : "")
  }

  static func comment(_ result: RunResult) -> String {
    "A pull request for this issue is ready for review: \(CommentOrder.pullRequestPlaceholder)"
  }

  static func blocked(_ result: RunResult) -> String {
    "The agent stopped and needs help with this issue:\n\n"
      + ForeignText.quoted(cut(result.summary, to: longestQuote))
      // The agent's word must not make the comment wait for a pull request.
      .replacing(CommentOrder.pullRequestPlaceholder, with: "{pull request}")
      + "\n\nA comment here, or an edit of the issue, starts it again."
  }

  /// At most 300 characters on one line.
  package static func quote(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ").trimmingWhitespace()
    return line.isEmpty ? "(nothing)" : cut(line, to: 300)
  }

  static func cut(_ text: String, to limit: Int) -> String {
    text.count <= limit ? text : text.prefix(limit) + " ..."
  }

  /// Dollars with two decimals, or four below one cent.
  package static func money(_ dollars: Double) -> String {
    let digits = dollars < 0.01 ? 4 : 2
    let scale = digits == 4 ? 10_000.0 : 100.0
    let units = Int64((min(max(dollars, 0), 1e12) * scale).rounded())
    let fraction = String(units % Int64(scale))
    return "\(units / Int64(scale))." + String(repeating: "0", count: digits - fraction.count)
      + fraction
  }
}
