// Settings that stand below the line `---` that ends the settings: a line too many above or among
// them makes them a part of the prompt, and every one of them its default. Called by FrontMatter.
// A prompt may speak of settings; only what can hardly be meant for one is found.
import SymphonyCore

enum StraySettings {
  private static let sections = Set(
    Schema.all.compactMap { $0.path.split(separator: ".").first })

  /// - Parameters:
  ///   - body: what stands below the settings.
  ///   - settings: the lines between the two fences.
  /// - Returns: the index of the line that they seem to start on; nil: there are none.
  static func line(
    in body: ArraySlice<Substring>, below settings: ArraySlice<Substring>
  ) -> Int? {
    // A front matter that sets nothing was not meant to be all of it: look for settings below.
    if !settings.contains(where: { section($0) != nil }) {
      return body.firstIndex { line in
        guard let found = section(line) else { return false }
        return isEmpty(found.rest) || found.rest.first == "{"
      }
    }
    // A fence among them: they go on right below it, a section with a key of its own.
    let rest = body.drop { FrontMatter.isBlank($0) || FrontMatter.isFence($0) }
    guard let first = rest.first, first.first?.isWhitespace == false,
      let found = section(first), isEmpty(found.rest),
      let next = rest.dropFirst().first(where: { !isEmpty($0.drop { $0.isWhitespace }) }),
      next.first?.isWhitespace == true, let key = name(next)?.name,
      Schema.keys(of: String(found.name)).contains(String(key))
    else { return nil }
    return rest.startIndex
  }

  private static func section(_ line: Substring) -> (name: Substring, rest: Substring)? {
    name(line).flatMap { sections.contains($0.name) ? $0 : nil }
  }

  /// The text before the first colon, without quotes or the brace of a flow, and the text behind.
  private static func name(_ line: Substring) -> (name: Substring, rest: Substring)? {
    guard let colon = line.firstIndex(of: ":") else { return nil }
    func isAround(_ character: Character) -> Bool {
      character.isWhitespace || "{\"'".contains(character)
    }
    var name = line[..<colon].drop(while: isAround)
    while let last = name.last, isAround(last) { name.removeLast() }
    return (name, line[line.index(after: colon)...].drop { $0.isWhitespace })
  }

  private static func isEmpty(_ rest: Substring) -> Bool { rest.isEmpty || rest.hasPrefix("#") }
}
