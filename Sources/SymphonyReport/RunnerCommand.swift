// Lines that a GitHub Actions runner obeys instead of showing them, and how other lines are kept
// from being obeyed: it reads stdout and stderr alike, and takes `::name` at the beginning of a
// line and `##[name]` anywhere in it for a command (ActionCommand.cs of actions/runner). Words of
// issues and agents must never be one. Pure.
import SymphonyCore

package struct RunnerCommand: Hashable, Sendable {
  package enum Name: String, Sendable { case group, endgroup, error, warning }
  package var name: Name
  /// The place of an annotation, and its title.
  package var properties: [String: String]
  package var text: String

  package init(_ name: Name, _ text: String = "", properties: [String: String] = [:]) {
    (self.name, self.text, self.properties) = (name, text, properties)
  }

  /// One line, whatever is in the texts.
  package var line: String {
    let listed = properties.sorted { $0.key < $1.key }
      .map { "\($0.key)=\(Self.property($0.value))" }.joined(separator: ",")
    return "::\(name.rawValue)\(listed.isEmpty ? "" : " " + listed)::\(Self.data(text))"
  }

  /// The runner takes the three escapes off again, `%25` last.
  private static func data(_ text: String) -> String {
    RunnerText.withoutOldCommands(
      PlainText.line(text.replacing("%", with: "%25").replacing("\n", with: "%0A")))
  }

  /// Values end at a comma, and the list of them at two colons.
  private static func property(_ text: String) -> String {
    data(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
  }

  /// A remark on WORKFLOW.md: `path:line:column: words` names its place to the runner.
  ///
  /// `root`: the checkout, whose files the runner knows by their paths in it.
  package static func remark(_ name: Name, _ words: String, root: String?) -> RunnerCommand {
    guard let root, words.hasPrefix(root + "/") else { return RunnerCommand(name, words) }
    let parts = words.dropFirst(root.count + 1)
      .split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 4, Int(parts[1]) != nil, Int(parts[2]) != nil else {
      return RunnerCommand(name, words)
    }
    return RunnerCommand(
      name, parts[3].trimmingWhitespace(),
      properties: ["file": parts[0], "line": parts[1], "col": parts[2]])
  }

  /// A runner shows ten annotations of a kind and step: the last of them counts the rest.
  package static func bounded(_ commands: [RunnerCommand]) -> [RunnerCommand] {
    let most = 10
    guard let last = commands.last, commands.count > most else { return commands }
    let rest = commands.count - most + 1
    return commands.prefix(most - 1)
      + [RunnerCommand(last.name, "and \(rest) more: the summary of this step lists them")]
  }
}

package enum RunnerText {
  /// A line that is shown as it is, or with a mark where it would have been obeyed.
  package static func inert(_ line: String) -> String {
    let safe = withoutOldCommands(line)
    guard line.contains(":") else { return safe }
    let scalars = safe.unicodeScalars
    // The runner drops spaces at the beginning, and compares without what has no width.
    let first = scalars.indices.first { !isPassedOver(scalars[$0], space: true) }
    guard let first, scalars[first] == ":" else { return safe }
    let second = scalars[scalars.index(after: first)...].first {
      !isPassedOver($0, space: false)
    }
    guard second == ":" else { return safe }
    return String(scalars[..<first]) + "\\" + String(scalars[first...])
  }

  /// `##[` with its bracket written out, in a way that JSON allows in a string, too.
  static func withoutOldCommands(_ line: String) -> String {
    guard line.contains("[") else { return line }
    var safe = String.UnicodeScalarView()
    var hashes = 0
    for scalar in line.unicodeScalars {
      if scalar == "[", hashes >= 2 {
        safe.append(contentsOf: "\\u005b".unicodeScalars)
      } else {
        safe.append(scalar)
      }
      if scalar == "#" { hashes += 1 } else if !isPassedOver(scalar, space: false) { hashes = 0 }
    }
    return String(safe)
  }

  private static func isPassedOver(_ scalar: Unicode.Scalar, space: Bool) -> Bool {
    if scalar.isASCII, scalar.value > 0x20, scalar.value < 0x7F { return false }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return true
    default: return space && scalar.properties.isWhitespace
    }
  }
}
