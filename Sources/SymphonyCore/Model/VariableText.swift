// `$VAR` in settings whose values may be secrets: they stay unresolved in policies and specs, and
// are put in by whoever needs the value, at the last moment. Used by the worker and by adapters.

/// `$VAR`, `${VAR}` and `${VAR:-default}` in a setting.
///
/// A `$` that begins none of these stays as it is.
package enum VariableText {
  package enum Result: Hashable, Sendable {
    case text(String)
    case unset(String)
  }

  package static func expand(_ text: String, _ environment: [String: String]) -> Result {
    var output = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      output += rest[..<dollar]
      let after = rest[rest.index(after: dollar)...]
      if let (name, fallback, end) = reference(after) {
        let value = environment[name]
        if let fallback, value?.isEmpty ?? true {
          output += fallback
        } else if let value {
          output += value
        } else {
          return .unset(name)
        }
        rest = after[end...]
      } else {
        output += "$"
        rest = after
      }
    }
    return .text(output + rest)
  }

  /// The name behind a `$`, its default, and where the text goes on; nil when there is no name.
  private static func reference(_ text: Substring) -> (String, String?, Substring.Index)? {
    guard text.first == "{" else {
      let name = self.name(text)
      return name.isEmpty ? nil : (String(name), nil, name.endIndex)
    }
    guard let close = text.firstIndex(of: "}") else { return nil }
    let inner = text[text.index(after: text.startIndex)..<close]
    let name = self.name(inner)
    let rest = inner[name.endIndex...]
    guard !name.isEmpty, rest.isEmpty || rest.hasPrefix(":-") else { return nil }
    return (
      String(name), rest.isEmpty ? nil : String(rest.dropFirst(2)), text.index(after: close)
    )
  }

  private static func name(_ text: Substring) -> Substring {
    guard let first = text.unicodeScalars.first, !("0"..."9").contains(first) else {
      return text.prefix(0)
    }
    return text.prefix { character in
      character.isASCII && (character.isLetter || character.isNumber || character == "_")
    }
  }
}
