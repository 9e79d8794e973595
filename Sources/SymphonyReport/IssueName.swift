// Which item a person means: `42`, `#42`, `repo#42`, `owner/repo#42` or the issue's address. Used
// by status; compares without case, and never guesses between two.
import SymphonyCore

package struct IssueName {
  package let text: String

  package init(_ text: String) { self.text = text.trimmingWhitespace() }

  package func matches(in report: StateReport) -> [ItemReport] { report.items.filter(isMeant) }

  /// Up to six keys, those that look most like it first, for the hint of an error.
  package func near(in report: StateReport) -> [String] {
    let wanted = Int(reference)
    func distance(_ item: ItemReport) -> Int {
      guard let wanted, let number = item.number else { return Int.max }
      let (difference, overflow) = number.subtractingReportingOverflow(wanted)
      return overflow || difference == .min ? .max : abs(difference)
    }
    return report.items.enumerated().sorted { left, right in
      (distance(left.element), left.offset) < (distance(right.element), right.offset)
    }.prefix(6).map(\.element.key)
  }

  private var isAddress: Bool { text.contains("://") }

  /// What follows the last `#`, or the last part of an address.
  private var reference: String {
    let end = address.split(separator: isAddress ? "/" : "#").last
    return end.map(String.init) ?? text
  }

  /// Without what points into the page.
  private var address: String {
    guard isAddress else { return text }
    var cut = text.prefix { $0 != "#" && $0 != "?" }
    while cut.last == "/" { cut = cut.dropLast() }
    return String(cut)
  }

  private func isMeant(_ item: ItemReport) -> Bool {
    if isAddress {
      return [item.url, item.pullRequest].contains { $0?.folded == address.folded }
    }
    let key = item.key.folded
    let wanted = text.folded
    if text.hasPrefix("#") || !text.contains("#") {
      let bare = text.hasPrefix("#") ? String(wanted.dropFirst()) : wanted
      return ItemKey(key).reference == bare
    }
    return key == wanted || key.hasSuffix("/" + wanted)
  }
}
