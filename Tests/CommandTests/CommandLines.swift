// Command lines of symphony as they stand in help and documents, and whether the parser takes them.
// Nothing is run.
import ArgumentParser
import SymphonyCore
import SymphonyWorkflow

@testable import symphony

enum CommandLines {
  /// The calls of symphony in a line of shell, each without the program's name: `a && symphony b | c`
  /// has one.
  static func calls(in line: String) -> [[String]] {
    commands(in: line).compactMap { command in
      let words = ShellWords.split(command) ?? [command]
      return words.first == "symphony" ? Array(words.dropFirst()) : nil
    }
  }

  /// Split where the shell splits, without comments and redirections.
  private static func commands(in line: String) -> [String] {
    var commands = [""]
    var quote: Character?
    var before: Character = " "
    var isRedirection = false
    for character in line {
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "'" || character == "\"" {
        quote = character
      } else if character == "#", before.isWhitespace {
        break
      } else if "|;&".contains(character) {
        commands.append("")
        (isRedirection, before) = (false, character)
        continue
      } else if character == ">" {
        isRedirection = true
      }
      if !isRedirection { commands[commands.count - 1].append(character) }
      before = character
    }
    return commands
  }

  /// Why the parser refuses it; nil: it does not.
  static func problem(_ arguments: [String]) -> String? {
    if arguments.isEmpty { return nil }
    do {
      _ = try Symphony.parseAsRoot(arguments)
      return nil
    } catch {
      return Symphony.exitCode(for: error) == .success ? nil : Symphony.message(for: error)
    }
  }
}
