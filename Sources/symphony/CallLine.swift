// A command line that calls ticks, made to call doctor in their place: everything around the call
// (variables, `cd`, `sleep`, redirections) stays byte for byte, because that is what is examined.
// Used on lines of crontabs and on ExecStart= of units. Pure: nothing is run.
import SymphonyCore
import SymphonyPlatform

enum CallLine {
  /// Options that only a tick understands; `true`: the value is the next word.
  private static let tickOptions = [
    "--scheduled": false, "--nudged": false, "--fail-if-locked": false, "--wait": false,
    "--dry-run": false, "--json": false, "--timeout": true,
  ]

  /// `options`: as they are to stand behind `doctor`, quoted.
  /// - Returns: nil where no word of it is the `tick` of a symphony.
  static func asking(_ command: String, options: String) -> String? {
    let words = words(of: command)
    var cuts: [(range: Range<String.Index>, text: String)] = []
    var isInTick = false
    var isValue = false
    for (place, word) in words.enumerated() {
      if word.isOperator { isInTick = false }
      if isValue {
        isValue = false
        cuts.append((word.range, ""))
      } else if word.text == "tick", place > 0, isSymphony(words[place - 1].text) {
        isInTick = true
        cuts.append((word.range, "doctor \(options)"))
      } else if isInTick {
        let name = String(word.text.prefix { $0 != "=" })
        guard let takesValue = tickOptions[name] else { continue }
        isValue = takesValue && name == word.text
        cuts.append((word.range, ""))
      }
    }
    guard cuts.contains(where: { !$0.text.isEmpty }) else { return nil }
    var asking = command
    for (range, text) in cuts.reversed() {
      var range = range
      // The space before a word goes with it.
      if text.isEmpty, range.lowerBound > asking.startIndex {
        let before = asking.index(before: range.lowerBound)
        if asking[before] == " " { range = before..<range.upperBound }
      }
      asking.replaceSubrange(range, with: text)
    }
    return asking
  }

  /// Also behind the marks that systemd allows before a program: `-/usr/bin/symphony`.
  private static func isSymphony(_ word: String) -> Bool {
    Files.lastName(of: word).hasPrefix("symphony")
  }

  private struct Word {
    var range: Range<String.Index>
    /// Without its quotes.
    var text = ""
    var isOperator = false
  }

  /// Words as a shell, cron and systemd agree on them, each with its place.
  private static func words(of command: String) -> [Word] {
    var words: [Word] = []
    var word: Word?
    var quote: Character?
    var isEscaped = false
    func end(_ index: String.Index) {
      guard var done = word else { return }
      done.range = done.range.lowerBound..<index
      words.append(done)
      word = nil
    }
    for index in command.indices {
      let character = command[index]
      let isOpen = quote != nil || isEscaped
      if !isOpen, character.isWhitespace {
        end(index)
        continue
      }
      if !isOpen, ";&|()<>".contains(character) {
        end(index)
        let range = index..<command.index(after: index)
        words.append(Word(range: range, text: String(character), isOperator: true))
        continue
      }
      if word == nil { word = Word(range: index..<index) }
      if isEscaped {
        isEscaped = false
        word?.text.append(character)
      } else if character == "\\", quote != "'" {
        isEscaped = true
      } else if let open = quote {
        if character == open { quote = nil } else { word?.text.append(character) }
      } else if character == "'" || character == "\"" {
        quote = character
      } else {
        word?.text.append(character)
      }
    }
    end(command.endIndex)
    return words
  }
}
