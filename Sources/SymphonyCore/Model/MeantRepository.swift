// Which repository somebody meant who wrote its address, or a path in it, where `owner/name` goes.
// Only suggested: nothing is corrected silently.

extension RepositoryName {
  /// Nil: nobody can tell.
  package static func meant(by text: String) -> RepositoryName? {
    var rest = text.trimmingWhitespace()[...]
    if let scheme = rest.firstRange(of: "://") {
      // Behind the host.
      rest = rest[scheme.upperBound...].drop { $0 != "/" }
    } else if rest.contains("@"), let colon = rest.firstIndex(of: ":") {
      // `git@host:owner/name`
      rest = rest[rest.index(after: colon)...]
    }
    let path = rest.prefix { $0 != "?" && $0 != "#" }
    var parts = path.split(separator: "/").map(String.init)
    // No owner has a dot in its name, a server's name has one.
    if let first = parts.first, first.contains(".") { parts.removeFirst() }
    guard parts.count >= 2 else { return nil }
    let name = parts[1].hasSuffix(".git") ? String(parts[1].dropLast(4)) : parts[1]
    return RepositoryName("\(parts[0])/\(name)")
  }

  /// A hint: how to write a text that names no repository so that it does.
  package static func hint(for text: String) -> String {
    meant(by: text).map { "did you mean `\($0)`?" } ?? "write owner/name, as in `acme/app`"
  }
}
