// The result of reading a WORKFLOW.md: the policy, everything worth saying about the file, and each
// effective setting with where it came from. Plain values; made by `Workflow.read`, shown by the
// commands.

import SymphonyCore

/// One remark about a file, with its place.
package struct Diagnostic: Hashable, Sendable, CustomStringConvertible {
  package enum Severity: String, Sendable { case error, warning }
  package var severity: Severity
  /// Stable, lower case with underscores: `unknown_key`, `wrong_value`, ...
  package var code: String
  package var file: String
  /// Of the file, counted from 1.
  package var line: Int
  /// In characters (Unicode scalars), counted from 1.
  package var column: Int
  /// Lower case, no full stop.
  package var message: String
  /// The next step, when there is one.
  package var hint: String?

  package init(
    severity: Severity, code: String, file: String, line: Int, column: Int, message: String,
    hint: String? = nil
  ) {
    self.severity = severity
    self.code = code
    self.file = file
    self.line = line
    self.column = column
    self.message = message
    self.hint = hint
  }

  package var description: String { "\(file):\(line):\(column): \(message)" }
}

/// Whether a key of the schema does anything.
package enum Feature: Hashable, Sendable {
  case works
  /// Understood and checked, of no use to a program run by a timer; the text says why.
  case explained(String)
}

/// One key, its value in effect and where that came from.
package struct EffectiveSetting: Hashable, Sendable {
  package var key: String
  /// For people.
  ///
  /// Secrets are `***`; what came out of a variable is shown as the variable.
  package var value: String
  /// `line 7`, `line 7 (alias tracker.required_labels)`, `default of Baton`, `default of
  /// github-symphony`, `default`, `$GITHUB_TOKEN`.
  package var origin: String
  package var feature: Feature
  package init(key: String, value: String, origin: String, feature: Feature) {
    self.key = key
    self.value = value
    self.origin = origin
    self.feature = feature
  }
}

/// Which predecessor's defaults apply where the two differ.
package enum Dialect: String, Sendable {
  case baton
  case githubSymphony = "github-symphony"
  package var name: String { self == .baton ? "Baton" : "github-symphony" }
}

package struct WorkflowReading: Sendable {
  /// Nil when any diagnostic is an error.
  package var policy: Policy?
  /// Sorted by place.
  package var diagnostics: [Diagnostic]
  /// In the schema's order; empty when the front matter could not be read at all.
  package var settings: [EffectiveSetting]
  package var dialect: Dialect
  package var promptTemplate: String
  /// The line of the file on which the template begins, counted from 1.
  package var promptLine: Int
  /// The file's text as it may be stored: secrets written into it are replaced by their variables.
  ///
  /// Nil when one could not be taken out.
  package var storableText: String?
}

/// A place in the file and what was found there, collected while reading.
///
/// A file can be wrong in any number of places: the first of each severity are kept, and the rest
/// are counted.
struct DiagnosticLog {
  /// Kept of each severity.
  static let limit = 50

  let file: String
  private(set) var entries: [Diagnostic] = []
  private(set) var errorCount = 0
  private var warningCount = 0
  /// The place of the first entry that was not kept, by severity.
  private var omitted: [Diagnostic.Severity: TextPosition] = [:]

  init(file: String) { self.file = file }

  var hasErrors: Bool { errorCount > 0 }
  /// A hint for one more warning would be looked for in vain.
  var keepsWarnings: Bool { warningCount < Self.limit }

  /// By place; behind each severity that was too much, how many more there are.
  var sorted: [Diagnostic] {
    let byPlace = entries.enumerated().sorted {
      ($0.element.line, $0.element.column, $0.offset)
        < ($1.element.line, $1.element.column, $1.offset)
    }.map(\.element)
    return byPlace + rest(.error, errorCount, "mistakes") + rest(.warning, warningCount, "remarks")
  }

  private func rest(
    _ severity: Diagnostic.Severity, _ count: Int, _ noun: String
  ) -> [Diagnostic] {
    guard let place = omitted[severity] else { return [] }
    return [
      Diagnostic(
        severity: severity, code: "more_of_them", file: file, line: place.line,
        column: place.column, message: "and \(count - Self.limit) more \(noun), from here on")
    ]
  }

  mutating func error(
    _ code: String, at place: TextPosition, _ message: String, hint: String? = nil
  ) {
    errorCount += 1
    keep(.error, errorCount, code, place, message, hint)
  }
  mutating func warn(_ code: String, at place: TextPosition, _ message: String, hint: String? = nil)
  {
    warningCount += 1
    keep(.warning, warningCount, code, place, message, hint)
  }

  /// A name that no setting has.
  ///
  /// It is ignored, and people keep names of their own there; but one that was meant for a setting
  /// is a mistake: the setting would have its default, and nobody would see that a limit, a filter
  /// or a wall is not there.
  ///
  /// `meant`: the full name of the setting or section that it is a misspelling of. `isRefused`: it
  /// is a mistake whatever was meant.
  mutating func unknown(
    _ name: String, at place: TextPosition, _ meant: String?, isRefused: Bool = false,
    hint: () -> String?
  ) {
    if let meant {
      let parts = meant.split(separator: ".")
      let isElsewhere = parts.count == 2 && (name == meant || !name.hasPrefix(parts[0] + "."))
      let right =
        isElsewhere
        ? "`\(parts[0]):` and under it, indented, `\(parts[1]):`" : "`\(meant)`"
      error(
        "unknown_key", at: place,
        "unknown key `\(name)`; `\(meant)` seems to be meant, and would be left at its default",
        hint: "write \(right), or give a key of your own a name that is less like it")
    } else if isRefused {
      error(
        "unknown_key", at: place, "unknown key `\(name)`",
        hint: hint() ?? "take it out; `symphony doctor` lists the keys there are")
    } else {
      warn(
        "unknown_key", at: place, "unknown key `\(name)` is ignored",
        hint: keepsWarnings ? hint() : nil)
    }
  }

  private mutating func keep(
    _ severity: Diagnostic.Severity, _ count: Int, _ code: String, _ place: TextPosition,
    _ message: String, _ hint: String?
  ) {
    guard count <= Self.limit else {
      if omitted[severity] == nil { omitted[severity] = place }
      return
    }
    entries.append(
      Diagnostic(
        severity: severity, code: code, file: file, line: place.line, column: place.column,
        message: PlainText.ends(of: message), hint: hint.map { PlainText.ends(of: $0) }))
  }
}

/// A place in WORKFLOW.md, both counted from 1.
struct TextPosition: Hashable, Sendable {
  var line: Int
  var column: Int
}
