// What is said about a command line that cannot be carried out: which word is wrong, what was
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
    let place = arguments.firstIndex { Self.commands.contains($0) }
    guard let place else {
      hint = "`symphony --help` lists commands and options"
      guard let word = arguments.first, !word.hasPrefix("-") else { return }
      self.message = "\"\(word)\" is no command"
      if let near = NearestName.slip(word, among: Self.commands) {
        hint = "did you mean `symphony \(near)`? \(hint)"
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
    }
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
