// The commands with their arguments and words, as the parser itself tells them: what the manual is
// made of and what hints quote, so that neither can tell another story than `--help`.
import ArgumentParser
import SymphonyCore
import SymphonyReport

/// A command and the commands below it.
struct CommandTree: Decodable, Sendable {
  struct Argument: Decodable, Sendable {
    struct Name: Decodable, Sendable {
      var kind: String
      var name: String
      var written: String { (kind == "long" ? "--" : "-") + name }
    }
    /// `positional`, `option` or `flag`.
    var kind: String
    var shouldDisplay: Bool
    var isOptional: Bool
    var isRepeating: Bool
    var names: [Name]?
    var valueName: String?
    var defaultValue: String?
    var abstract: String?

    /// `-w`, `--workflow`: short ones first.
    var spellings: [String] { (names ?? []).map(\.written).sorted { $0.count < $1.count } }
    /// The word that stands for its value; nil: it takes none.
    var placeholder: String? { kind == "flag" ? nil : valueName ?? "value" }
  }

  var commandName: String
  var shouldDisplay: Bool?
  var abstract: String?
  var discussion: String?
  var subcommands: [CommandTree]?
  var arguments: [Argument]?

  var isHidden: Bool { shouldDisplay == false }
  var shownArguments: [Argument] { (arguments ?? []).filter(\.shouldDisplay) }

  /// Nil: the parser's own words cannot be read.
  static let whole: CommandTree? = {
    struct Dump: Decodable { var command: CommandTree }
    guard var tree = try? ReportJSON.read(Symphony._dumpHelp(), as: Dump.self).command else {
      return nil
    }
    // The parser adds it to every program; it has nothing of its own to say.
    tree.subcommands?.removeAll { $0.commandName == "help" }
    return tree
  }()

  func command(named name: String) -> CommandTree? {
    (subcommands ?? []).first { $0.commandName == name }
  }
}

/// The text below the first line of a command's help, in its parts.
///
/// The parts are told by their form: a line that ends in a colon with lines below it that are
/// indented is a heading with its lines, all else is prose.
struct Discussion {
  enum Part: Equatable {
    case prose(String)
    case lines(heading: String, [String])
  }
  let parts: [Part]

  static let examples = "Examples"
  static let exitCodes = "Exit codes"

  init(_ text: String) {
    parts = text.split(separator: "\n\n").map { block in
      let lines = block.splitLines().map(String.init)
      guard let first = lines.first, first.hasSuffix(":"), lines.count > 1,
        lines.dropFirst().allSatisfy({ $0.hasPrefix("  ") })
      else { return .prose(lines.joined(separator: " ")) }
      return .lines(
        heading: String(first.dropLast()), Self.joined(lines.dropFirst().map { $0.dropFirst(2) }))
    }
  }

  /// A line that is indented further goes on with the one before it.
  private static func joined(_ lines: [Substring]) -> [String] {
    var joined: [String] = []
    for line in lines {
      if line.hasPrefix("  "), let last = joined.popLast() {
        joined.append("\(last) \(line.drop { $0 == " " })")
      } else {
        joined.append(String(line))
      }
    }
    return joined
  }

  func lines(under heading: String) -> [String]? {
    for case .lines(heading, let lines) in parts { return lines }
    return nil
  }
}
