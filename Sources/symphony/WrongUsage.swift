// The message about a command line that cannot be carried out: which word is wrong, what was
// probably meant, and where to look it up. Called by the program's entry. Nothing is ever corrected
// silently.
import ArgumentParser
import SymphonyWorkflow

struct WrongUsage {
  /// As the parser says it, or in words of our own where it cannot know.
  var message: String
  var hint: String

  private static var commands: [String] {
    Symphony.configuration.subcommands.filter { $0.configuration.shouldDisplay }
      .compactMap { $0.configuration.commandName }
  }

  init(arguments: [String], message: String) {
    self.message = message
    let first = arguments.first ?? ""
    let place = arguments.firstIndex { Self.commands.contains($0) }
    // Behind a word that is no option a command's name is a value.
    guard let place, place == 0 || first.hasPrefix("-") else {
      hint = "`symphony --help` lists commands and options"
      guard !first.isEmpty, !first.hasPrefix("-") else { return }
      self.message = "\"\(Output.oneLine(first, 80))\" is no command"
      if let near = NearestName.slip(first, among: Self.commands) {
        hint = "did you mean `symphony \(near)`? \(hint)"
      } else if let number = Int(first.hasPrefix("#") ? String(first.dropFirst()) : first) {
        // A shell takes what begins with # for a comment.
        hint = "`symphony status \(number)` shows that issue; \(hint)"
      }
      return
    }
    let command = arguments[place]
    hint = "`symphony \(command) --help` says what it takes"
    if place > 0 {
      // The parser knows options of commands only, and calls one in front of them unknown.
      self.message = "options stand behind the command"
      let ordered = [command] + arguments[..<place] + arguments[(place + 1)...]
      hint = "write `symphony \(ordered.joined(separator: " "))`"
      return
    }
    guard let argument = Self.argument(in: message, of: command) else { return }
    if let spelling = argument.spellings.last(where: arguments.contains),
      let value = Self.negative(behind: spelling, in: arguments)
    {
      self.message = "\(spelling) takes nothing below 0: \(value)"
    }
    if let help = argument.abstract, let name = argument.spellings.last ?? argument.valueName {
      let what = help.hasSuffix(".") ? String(help.dropLast()) : help
      hint = "\(name): \(what); \(hint)"
    }
  }

  /// `symphony help WORD`, where the word is no command: the parser would show the help of all.
  init?(help arguments: [String]) {
    guard arguments.first == "help", arguments.count > 1, !arguments[1].hasPrefix("-"),
      CommandTree.whole?.command(named: arguments[1]) == nil, arguments[1] != "help"
    else { return nil }
    self.init(arguments: Array(arguments.dropFirst()), message: "")
  }

  /// The argument of that command whose value the parser complains about; of an option that it does
  /// not know, it names no value.
  private static func argument(in message: String, of command: String) -> CommandTree.Argument? {
    // In the parser's words: `'--since <since>'`, and `'<issue>'` of one without a name.
    guard let quoted = message.split(separator: "'").first(where: { $0.hasSuffix(">") }) else {
      return nil
    }
    let known = CommandTree.whole?.command(named: command)?.shownArguments ?? []
    let word = String(quoted.prefix { $0 != " " })
    return known.first { argument in
      argument.spellings.contains(word) || word == "<\(argument.valueName ?? "")>"
    }
  }

  /// The parser takes what begins with a dash for an option, and misses the value.
  private static func negative(behind spelling: String, in arguments: [String]) -> String? {
    guard let place = arguments.firstIndex(of: spelling), place + 1 < arguments.count else {
      return nil
    }
    let value = arguments[place + 1]
    return value.hasPrefix("-") && value.dropFirst().first?.isNumber == true ? value : nil
  }
}

/// The predecessors' spellings get one line that says what to type instead.
enum Predecessors {
  static func hint(for arguments: [String]) -> String? {
    if arguments.first == "start" {
      return
        "there is no daemon to start: a timer calls `symphony tick --scheduled`; "
        + "by hand, `symphony tick --wait`"
    }
    // Behind a command of ours the same words may be a value.
    if Symphony.configuration.subcommands.contains(where: {
      $0.configuration.commandName == arguments.first
    }) {
      return nil
    }
    // Go's flags have one dash or two.
    let flags = arguments.filter { $0.hasPrefix("-") }.map {
      "--" + $0.drop { $0 == "-" }.prefix { $0 != "=" }
    }
    if flags.contains("--doctor") { return "`symphony doctor [WORKFLOW.md]` checks the set-up" }
    if flags.contains("--port") {
      return "there is no server in a tick; `symphony status --json` answers what it showed"
    }
    if flags.contains("--no-tui") {
      return "there is no dashboard to turn off: `symphony tick`"
    }
    let files = arguments.filter { $0.hasSuffix(".md") }
    let isLogOnly = flags.allSatisfy { ["--log-level", "--log-format"].contains($0) }
    if files.count == 1, isLogOnly {
      return "there is no daemon to start: `symphony tick \(files[0])` runs one tick"
    }
    return nil
  }
}
