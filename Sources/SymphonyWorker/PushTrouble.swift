// Why a push did not go through, read from git's words (always English: LC_ALL=C). What the remote
// says about one ref stands on standard output (`--porcelain`, git-push(1)); its reasons in many
// words on standard error. Used by BranchFence and PushOrder, which decide what follows.
import SymphonyCore

enum PushTrouble {
  /// The remote will refuse it again: protection, a missing permission, a hook, a size.
  case refused(String)
  /// The branch is not where we thought.
  case outrun
  /// Network, server trouble, time: worth another try, but not for ever.
  case transient(String)

  /// `ref`: in full, the one that is asked about.
  init(_ answer: GitAnswer, ref: String) {
    let sentence = Self.sentence(answer, ref)
    guard !answer.overTime else {
      self = .transient(answer.complaint)
      return
    }
    guard let line = Self.line(answer, ref) else {
      self = Self.withoutLine(answer)
      return
    }
    let words = line.summary + "\n" + answer.errors
    switch line.kind {
    // The trouble is another ref's: of one push all go through or none.
    case _ where Self.has(["atomic"], line.summary): self = .transient(sentence)
    case "[rejected]" where Self.has(Self.moved, line.summary): self = .outrun
    case "[remote rejected]" where Self.has(Self.raced, line.summary): self = .outrun
    case "[remote rejected]" where Self.has(Self.passing, words): self = .transient(sentence)
    case "[rejected]", "[remote rejected]": self = .refused(sentence)
    // `[remote failure]`: the connection broke before the answer came.
    default: self = .transient(sentence)
    }
  }

  private static let moved = [
    "stale info", "fetch first", "non-fast-forward", "already exists", "remote ref updated",
  ]
  /// Somebody changed the ref between the remote's look and its deed.
  private static let raced = [
    "reference already exists", "but expected", "incorrect old value", "old value provided",
  ]
  /// Reasons that pass by themselves.
  ///
  /// A pre-receive hook that cannot ask its own server declines, too.
  private static let passing = [
    "failed to update ref", "cannot lock ref", "failed to lock", "unable to create temporary",
    "no space left", "disk quota", "internal server error", "internal error", "temporarily",
    "try again later", "timed out", "timeout", "unreachable", "service unavailable",
    "under maintenance", "api is not accessible",
  ]
  /// Signs of a refusal for good, where git prints no line for the ref: then the whole push failed.
  private static let final = [
    "gh001", "gh006", "gh008", "gh009", "gh013", "protected branch", "without `workflow",
    "hook declined", "error: 403", "http 403", "error: 413", "http 413", "remote rejected",
    "write access to repository not granted", "exceeds maximum allowed size", "shallow update",
    "archived so it is read-only",
  ]

  private static func withoutLine(_ answer: GitAnswer) -> PushTrouble {
    let said = answer.errors
    let isDenied = said.contains("Permission to ") && said.contains("denied to")
    if isDenied || has(final, said) { return .refused(answer.complaint) }
    if has(moved, said) { return .outrun }
    return .transient(answer.complaint)
  }

  private static func has(_ phrases: [String], _ text: String) -> Bool {
    let text = text.lowercased()
    return phrases.contains { text.contains($0) }
  }

  /// `!<TAB>from:to<TAB>[remote rejected] (reason)`; of a ref that went through there is none.
  private static func line(_ answer: GitAnswer, _ ref: String) -> (kind: String, summary: String)? {
    for line in answer.lines where line.hasPrefix("!") {
      let parts = line.split(separator: "\t", maxSplits: 2).map(String.init)
      guard parts.count == 3, parts[1].hasSuffix(":" + ref) else { continue }
      let kind = parts[2].prefix { $0 != "]" } + "]"
      return (String(kind), parts[2])
    }
    return nil
  }

  /// For people: the reason of the ref, then what the remote says to it.
  private static func sentence(_ answer: GitAnswer, _ ref: String) -> String {
    guard let line = line(answer, ref) else { return answer.complaint }
    var said = answer.errors.splitLines().map { $0.trimmingWhitespace() }
      .filter { $0.hasPrefix("remote: ") }
      .map { $0.dropFirst(8).trimmingWhitespace() }.filter { !$0.isEmpty }
    // The lines before the error are often a banner.
    if let first = said.firstIndex(where: { $0.hasPrefix("error:") || $0.hasPrefix("fatal:") }) {
      said.removeFirst(first)
    }
    let words = String(said.prefix(4).joined(separator: " | ").prefix(600))
    return "\(line.summary) \(ref)" + (words.isEmpty ? "" : ": \(words)")
  }

  /// The remote takes refs one by one only (git-push(1), `--atomic`).
  static func isWithoutAtomic(_ answer: GitAnswer) -> Bool {
    answer.errors.contains("does not support --atomic")
  }

  /// Git found the commit there already: somebody else put it there.
  static func wasUpToDate(_ answer: GitAnswer, _ ref: String) -> Bool {
    answer.lines.contains { line in
      let parts = line.split(separator: "\t").map(String.init)
      return parts.count >= 2 && parts[0] == "=" && parts[1].hasSuffix(":" + ref)
    }
  }
}
