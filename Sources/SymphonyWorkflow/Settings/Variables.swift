// `$VAR`, `~` and relative paths in settings. Called by the setting reader for every string the
// schema does not leave to a shell or to the template engine. It never prints a value: .env is full
// of secrets.

import SymphonyCore

struct Variables {
  var environment: [String: String]
  /// Absolute: the directory of WORKFLOW.md.
  var directory: String

  struct Expansion {
    var text: String
    /// Names used, in order.
    var names: [String]
    /// Names that are unset or empty.
    var missing: [String]
  }

  static func isName(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, isNameStart(first) else { return false }
    return text.unicodeScalars.allSatisfy { isNameStart($0) || ("0"..."9").contains($0) }
  }
  private static func isNameStart(_ scalar: Unicode.Scalar) -> Bool {
    ("A"..."Z").contains(scalar) || ("a"..."z").contains(scalar) || scalar == "_"
  }

  /// Names behind a `$`, in order, in a text whose variables the worker resolves: `$NAME`,
  /// `${NAME}` and `${NAME:-default}`.
  static func names(in text: String) -> [String] {
    var names: [String] = []
    for part in text.unicodeScalars.split(separator: "$", omittingEmptySubsequences: false)
      .dropFirst()
    {
      let inner = part.first == "{" ? part.dropFirst() : part
      let name = inner.prefix { isNameStart($0) || ("0"..."9").contains($0) }
      if isName(String(name)) { names.append(String(name)) }
    }
    return names
  }

  /// `$NAME` and `${NAME}`; `$$` is one dollar sign; any other `$` stays as it is.
  ///
  /// Values are not expanded again.
  func expand(_ text: String) -> Expansion {
    var result = Expansion(text: "", names: [], missing: [])
    let scalars = Array(text.unicodeScalars)
    var index = 0
    while index < scalars.count {
      guard scalars[index] == "$", index + 1 < scalars.count else {
        result.text.unicodeScalars.append(scalars[index])
        index += 1
        continue
      }
      if scalars[index + 1] == "$" {
        result.text.append("$")
        index += 2
        continue
      }
      let braced = scalars[index + 1] == "{"
      let start = index + (braced ? 2 : 1)
      var end = start
      while end < scalars.count,
        Self.isNameStart(scalars[end]) || (end > start && ("0"..."9").contains(scalars[end]))
      {
        end += 1
      }
      guard end > start, !braced || (end < scalars.count && scalars[end] == "}") else {
        result.text.append("$")
        index += 1
        continue
      }
      var name = ""
      name.unicodeScalars.append(contentsOf: scalars[start..<end])
      result.names.append(name)
      if let value = environment[name], !value.isEmpty {
        result.text += value
      } else {
        result.missing.append(name)
      }
      index = end + (braced ? 1 : 0)
    }
    return result
  }

  /// An absolute path without `.` and `..`; nil for `~` without HOME, and for `~user`.
  func path(_ text: String) -> String? {
    var full = text
    if text == "~" || text.hasPrefix("~/") {
      guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
      full = home + text.dropFirst()
    } else if text.hasPrefix("~") {
      return nil
    } else if !text.hasPrefix("/") {
      full = directory + "/" + text
    }
    var parts: [Substring] = []
    for part in full.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }
}
