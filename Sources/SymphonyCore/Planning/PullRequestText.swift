// The words we write on GitHub: the pull request's title and body, and the comments. Agents' words
// are quoted and cut; `Closes` names the item in full, so that it also works from another
// repository.

public enum PullRequestText {
  /// GitHub's limit for a body is 65,536 characters; ours stays far below.
  static let longestQuote = 4_000

  static func order(
    _ record: ItemRecord, _ result: RunResult, _ item: WorkItem?, _ policy: Policy
  ) -> PullRequestOrder {
    let title = (item?.title ?? record.title).split(whereSeparator: \.isNewline).joined(
      separator: " ")
    return PullRequestOrder(
      repository: record.repository, key: record.key, head: record.branch,
      base: policy.git.baseBranch ?? result.baseBranch,
      title: title.isEmpty ? "Changes for \(record.key)" : String(title.prefix(240)),
      body: body(record, result), draft: policy.pullRequest.draft,
      reuse: policy.pullRequest.reuseExisting)
  }

  static func body(_ record: ItemRecord, _ result: RunResult) -> String {
    var parts: [String] = []
    let words = result.message.trimmingWhitespace()
    if !words.isEmpty { parts.append(defused(cut(words, to: longestQuote))) }
    parts.append("Closes \(record.key)")
    parts.append("---\n" + receipt(record, result) + "\nAutomated by symphony.")
    return parts.joined(separator: "\n\n")
  }

  static func receipt(_ record: ItemRecord, _ result: RunResult) -> String {
    let runs = record.runs
    var facts = [
      "\(result.turns) turn\(result.turns == 1 ? "" : "s")", "\(runs) run\(runs == 1 ? "" : "s")",
    ]
    if record.usage.totalTokens > 0 { facts.append("\(record.usage.totalTokens) tokens") }
    if record.usage.costUSD > 0 { facts.append("$\(money(record.usage.costUSD))") }
    return facts.joined(separator: " · ")
  }

  static func comment(_ result: RunResult) -> String {
    "A pull request for this issue is ready for review: \(CommentOrder.pullRequestPlaceholder)"
  }

  static func blocked(_ result: RunResult) -> String {
    "The agent stopped and needs help with this issue:\n\n> "
      + defused(cut(result.summary, to: longestQuote)).split(
        separator: "\n", omittingEmptySubsequences: false
      ).joined(separator: "\n> ")
      + "\n\nA comment here, or an edit of the issue, starts it again."
  }

  /// An agent's words may quote hidden markers of ours or closing keywords for other issues; HTML
  /// comments are taken out, and an issue reference after a closing keyword is kept from closing
  /// anything.
  public static func defused(_ text: String) -> String {
    var safe = text.replacing("<!--", with: "&lt;!--")
    for keyword in [
      "close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved",
    ] {
      for form in [keyword, keyword.prefix(1).uppercased() + keyword.dropFirst()] {
        safe = safe.replacing("\(form) #", with: "\(form) &#35;")
      }
    }
    return safe
  }

  /// At most 300 characters on one line.
  public static func quote(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ").trimmingWhitespace()
    return line.isEmpty ? "(nothing)" : cut(line, to: 300)
  }

  static func cut(_ text: String, to limit: Int) -> String {
    text.count <= limit ? text : text.prefix(limit) + " ..."
  }

  /// Dollars with two decimals, or four below one cent.
  public static func money(_ dollars: Double) -> String {
    let digits = dollars < 0.01 ? 4 : 2
    let scale = digits == 4 ? 10_000.0 : 100.0
    let units = Int64((min(max(dollars, 0), 1e12) * scale).rounded())
    let fraction = String(units % Int64(scale))
    return "\(units / Int64(scale))." + String(repeating: "0", count: digits - fraction.count)
      + fraction
  }
}
