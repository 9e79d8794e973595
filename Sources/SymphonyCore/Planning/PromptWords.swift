// Symphony's own words to an agent beside the workflow's prompt: why it works on an item again,
// what trusted people said, what the item says. The tick appends them to the prompt where the
// template does not place them (LaunchSpec); the worker writes them into the notes file. People's
// words stand in fences that they cannot close.

package enum PromptWords {
  /// Bytes of an item's description; GitHub takes no longer ones.
  package static let bodyLimit = 64 << 10

  /// The text after the rendered prompt; nil: the template says all of it, or there is nothing.
  ///
  /// `comments`: those of trusted people since the last run began, oldest first.
  package static func appendix(
    _ item: WorkItem, _ wake: Wake?, comments: [Survey.Comment], reads: PromptReads
  ) -> String? {
    var parts: [String] = []
    if !reads.namesItem {
      parts.append(
        "## The issue\n\n" + Self.item(title: item.title, body: item.body, url: item.url))
    }
    if !reads.placesWake {
      if let wake, let told = why(wake) { parts.append(told) }
      let said = wake.flatMap { $0.isWritten ? $0.text : nil } ?? ""
      let others = comments.filter { !said.contains($0.text.trimmingWhitespace()) }
      if !others.isEmpty {
        parts.append(
          "## Said since the last run began\n\n" + others.map(comment).joined(separator: "\n\n"))
      }
    }
    return parts.isEmpty ? nil : parts.joined(separator: "\n\n")
  }

  /// The event, its author, its time and its words; nil: nothing that concerns the agent.
  package static func why(_ wake: Wake) -> String? {
    guard wake.concernsAgent else { return nil }
    var text =
      "## Why you are at work on this again\n\n\(line(wake.sentence)), at \(wake.at.rfc3339)."
    if wake.isWritten, !wake.text.isEmpty {
      text += " What was said:\n\n" + ForeignText.fenced(wake.text)
    }
    return text
  }

  /// Title, address and description as data.
  package static func item(title: String, body: String, url: String) -> String {
    var lines: [String] = []
    if !title.isEmpty { lines += ["Title: \(line(title))", ""] }
    if !url.isEmpty { lines += ["Address: \(line(url))", ""] }
    let isEmpty = body.trimmingWhitespace().isEmpty
    lines.append(
      isEmpty ? "It has no description." : ForeignText.fenced(Wake.bounded(body, to: bodyLimit)))
    return lines.joined(separator: "\n")
  }

  package static func comment(_ comment: Survey.Comment) -> String {
    Self.comment(author: comment.author, at: comment.createdAt.rfc3339, text: comment.text)
  }

  package static func comment(author: String, at: String, text: String) -> String {
    "\(line(author)), at \(line(at)):\n\n\(ForeignText.fenced(text))"
  }

  /// On one line, without control characters and what cannot be seen.
  private static func line(_ text: String) -> String { PlainText.line(text) }
}

/// The parts that a prompt template prints by itself, so that they are not said twice.
package struct PromptReads: Hashable, Sendable {
  /// It prints `wake`, or its text.
  package var placesWake = false
  /// It prints `feedback`, or goes through it.
  package var placesFeedback = false
  /// It prints something of the item.
  package var namesItem = false
  package init() {}
}
