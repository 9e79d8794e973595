// One line of a crontab that calls something, taken apart, and the line that has doctor called in
// the same way: by the same shell, with the same assignments above it. Pure.
import SymphonyCore
import SymphonyPlatform

struct CronLine: Equatable {
  /// Of a shared crontab; nil: the crontab is one user's own.
  var user: String?
  /// As cron hands it to the shell, but for the escaped percent signs.
  var command: String
  var shell = "/bin/sh"
  /// The lines above it that assign something, as they are written.
  var assignments: [String] = []
  /// cron leaves it to the shell, for which it belongs to the last word.
  var endsInReturn = false

  /// The line of that number, from 1; nil where there is none, or no command in it.
  init?(_ number: Int, of crontab: String, isShared: Bool) {
    let lines = crontab.splitLines(keepingEmpty: true, keepingReturns: true).map(String.init)
    guard lines.indices.contains(number - 1) else { return nil }
    for line in lines.prefix(number - 1) {
      let text = line.trimmingWhitespace()
      guard !text.hasPrefix("#"), let (name, value) = CallerSearch.assignment(text) else {
        continue
      }
      assignments.append(line)
      if name == "SHELL" { shell = value }
    }
    var rest = lines[number - 1].trimmingWhitespace()[...]
    func next() -> String {
      let word = rest.prefix { !$0.isWhitespace }
      rest = rest[word.endIndex...].drop { $0.isWhitespace }
      return String(word)
    }
    if rest.hasPrefix("#") { return nil }
    // `@daily` is one word, a schedule in figures five.
    if next().hasPrefix("@") == false { for _ in 1..<5 { _ = next() } }
    if isShared { user = next() }
    guard !rest.isEmpty else { return nil }
    command = String(rest)
    endsInReturn = lines[number - 1].utf8.last == UInt8(ascii: "\r")
  }

  /// Shells that take `exec` for what it is in sh; of others cron's own mail is the only witness.
  private static let likeSh: Set = ["sh", "bash", "dash", "ash", "ksh", "mksh", "zsh"]
  var showsItsBeginning: Bool { Self.likeSh.contains(Files.lastName(of: shell)) }

  /// Called every minute, until it is taken out again: cron has no time for once.
  ///
  /// - Returns: nil where the command calls no tick.
  func asking(answer: String, said: String) -> String? {
    // A bare % would end the command.
    func quoted(_ path: String) -> String { ShellWords.quoted(path).replacing("%", with: "\\%") }
    let options = "--json --result \(quoted(answer))"
    guard let call = CallLine.asking(command, options: options) else { return nil }
    // When doctor waits no more, its folder is gone: then the line prints nothing.
    let folder = quoted(Files.parent(of: said))
    let beginning =
      showsItsBeginning ? "test -d \(folder) && exec >>\(quoted(said)) 2>&1; " : ""
    return "* * * * * " + (user.map { $0 + " " } ?? "") + beginning + call
  }
}
