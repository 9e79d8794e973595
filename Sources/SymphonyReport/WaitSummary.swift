// The work of a CI step, as Markdown for the page of its run: a table of the issues with verdict,
// pull request, cost and duration. Titles and sentences are other people's words: every sign that
// Markdown or HTML could take for its own is escaped. Pure.
import SymphonyCore

package struct WaitSummary {
  let report: StateReport
  /// How the step ended, in words.
  let ending: String

  package init(_ report: StateReport, ending: String) {
    (self.report, self.ending) = (report, ending)
  }

  private static let head = """
    | issue | verdict | pull request | cost | duration |
    | --- | --- | --- | ---: | ---: |

    """
  /// For the line that counts what is left out.
  private static let reserve = 200

  /// At most `limit` bytes; empty where that is too little for a table.
  package func markdown(limit: Int) -> String {
    var text = "### symphony\n\n\(Self.escaped(ending, 500))\n\n"
    // Newest work first: what is cut off is what nobody came for.
    let items = report.items.filter { $0.group != .unlisted && $0.group != .done || $0.runs > 0 }
      .sorted { one, other in
        let (left, right) = (one.lastLaunch ?? one.firstSeen, other.lastLaunch ?? other.firstSeen)
        return left == right ? one.key < other.key : left > right
      }
    if items.isEmpty { text += "No issue was worked on.\n" } else { text += Self.head }
    var shown = 0
    for item in items {
      let row = row(item)
      if text.utf8.count + row.utf8.count + Self.reserve > limit { break }
      text += row
      shown += 1
    }
    if shown < items.count {
      text += "\n\(items.count - shown) more: `symphony status` lists them.\n"
    }
    return text.utf8.count + 1 > limit ? "" : text + "\n"
  }

  private func row(_ item: ItemReport) -> String {
    let title = item.title.isEmpty ? "" : " " + Self.escaped(item.title, 120)
    let cells = [
      Self.link(item.key, item.url) + title,
      Self.escaped("\(item.code): \(item.sentence)", 300), pullRequest(item), cost(item),
      duration(item),
    ]
    return "| " + cells.joined(separator: " | ") + " |\n"
  }

  private func pullRequest(_ item: ItemReport) -> String {
    guard let address = item.pullRequest else { return "-" }
    return Self.link("#\(address.split(separator: "/").last ?? "")", address)
  }

  private func cost(_ item: ItemReport) -> String {
    item.shortMoney.isEmpty ? "-" : Self.escaped(item.shortMoney, 40)
  }

  private func duration(_ item: ItemReport) -> String {
    guard let run = item.lastRun else { return "-" }
    let isOver = run.settledAt != nil
    let span = (run.settledAt ?? report.at).time - run.startedAt.time
    return span.description + (isOver ? "" : " so far")
  }

  // MARK: Markdown

  /// Other people's words on one line of a table: CommonMark takes a backslash before any ASCII
  /// punctuation for that sign itself.
  static func escaped(_ text: String, _ most: Int) -> String {
    let line = ForeignText.line(PlainText.line(text.replacing("\n", with: " ")))
    let cut = line.count > most ? line.prefix(most) + "..." : line[...]
    var safe = String.UnicodeScalarView()
    for scalar in cut.unicodeScalars {
      if scalar.isASCII, scalar.value > 0x20, !scalar.properties.isAlphabetic,
        !("0"..."9").contains(scalar)
      {
        safe.append("\\")
      }
      safe.append(scalar)
    }
    return String(safe)
  }

  /// Plain words where the address has anything in it that could end the link.
  static func link(_ words: String, _ address: String) -> String {
    let text = escaped(words, 120)
    let isWeb = address.hasPrefix("https://") || address.hasPrefix("http://")
    let isPlain = address.unicodeScalars.allSatisfy {
      WorkspaceKey.isSafe($0) || "/:?&=%#~+,@".unicodeScalars.contains($0)
    }
    return isWeb && isPlain && address.utf8.count < 500 ? "[\(text)](<\(address)>)" : text
  }
}
