// Picks the reason of a failure out of git's output, for our sentences. Without it a repository
// that belongs to another user looks like one that is not there. Used where git runs outside a run;
// inside a run `GitAnswer.complaint` tells more.

package enum GitWords {
  /// The last line that git marks as the reason, else the last one it said at all: one line, safe
  /// for a terminal, 300 characters at the most; nil: it said nothing.
  package static func reason(_ errorOutput: String) -> String? {
    let lines = errorOutput.split(whereSeparator: \.isNewline).map { $0.trimmingWhitespace() }
      .filter { !$0.isEmpty }
    guard let line = lines.last(where: isReason) ?? lines.last else { return nil }
    return PlainText.line(String(line.prefix(300)))
  }

  /// Hints and progress may follow it.
  package static func isReason(_ line: String) -> Bool {
    line.hasPrefix("fatal: ") || line.hasPrefix("error: ")
  }

  /// The system's words for a machine without memory or descriptors, in lower case.
  private static let withoutMeans = ["cannot allocate memory", "too many open files"]
  /// Its words for one that cannot answer now, which networks have, too.
  private static let withoutAnswer = ["resource temporarily unavailable", "input/output error"]

  /// The machine refused git what it needs to look at all: memory, a file or a disk that answers.
  ///
  /// What git was asked about may be there or not.
  package static func lacksMeans(_ errorOutput: String) -> Bool {
    let text = errorOutput.lowercased()
    return (withoutMeans + withoutAnswer + ["out of memory", "stale file handle"])
      .contains { text.contains($0) }
  }

  /// Whether git failed at this machine's own trouble, by the system's words for it.
  ///
  /// What the remote says of itself is its own trouble. `remote`: git talked to one; then words
  /// that networks have, too, tell nothing.
  package static func isMachineTrouble(_ errorOutput: String, remote: Bool) -> Bool {
    let words =
      withoutMeans + (remote ? [] : withoutAnswer)
      + ["no space left on device", "disk quota exceeded", "read-only file system"]
    return errorOutput.lowercased().split(whereSeparator: \.isNewline).contains { line in
      !line.hasPrefix("remote:") && words.contains { line.contains($0) }
    }
  }

  /// The next step for what git does not do on its own account; nil: none is known.
  package static func hint(_ errorOutput: String, _ directory: String) -> String? {
    guard errorOutput.contains("dubious ownership") else { return nil }
    return "run symphony as the owner of \(directory), or say that you trust it: "
      + "git config --global --add safe.directory \(ShellWords.quoted(directory))"
  }
}
