// Makes new inputs out of good ones, by one seed: damage between bytes, and damage in the shape of
// JSON, which stands one document a line in every seed. The second finds more: a reader meets a
// value of another type, of any size or none, at each place in turn.
import FoundationEssentials
import SymphonyCore
import SymphonyTestSupport

package struct Mutator {
  private let seeds: [[UInt8]]
  private var dice: Dice
  /// Bytes.
  private static let sizeLimit = 64 << 10

  /// The inputs of one target: the same for the same seed, in whatever process.
  package init(_ seeds: [[UInt8]], seed: Int) {
    self.seeds = seeds.isEmpty ? [[]] : seeds
    dice = Dice(seed: seed)
  }

  /// Now and then one of the seeds as it is.
  package mutating func next() -> [UInt8] {
    var input = seeds[number(below: seeds.count)]
    if dice.throwsOne(in: 50) { return input }
    for _ in 0...number(below: 4) { input = mutated(input) }
    return input.count > Self.sizeLimit ? Array(input.prefix(Self.sizeLimit)) : input
  }

  private mutating func number(below bound: Int) -> Int {
    bound < 1 ? 0 : Int.random(in: 0..<bound, using: &dice)
  }

  private mutating func mutated(_ input: [UInt8]) -> [UInt8] {
    if !dice.throwsOne(in: 3), let changed = changingJSON(input) { return changed }
    return changingBytes(input)
  }

  // MARK: Bytes

  private static let words: [[UInt8]] =
    [
      "\0", "\r", "\r\n", "\n", "\u{2028}", "\u{2029}", "\u{85}", "\u{0B}", "\u{FEFF}",
      "\u{1B}[2J", "\u{202E}", "\u{200D}", "\u{301}", "9223372036854775807", "-9223372036854775808",
      "9223372036854775808", "1e400", "-1", "0", "NaN", "null", "true", "\"", "'", "`", "\\", "{{",
      "}}", "{%", "%}", "---\n", "...", "#", " #", ": ", "- ", "? ", "&a ", "*a", "<<: *a", "!!",
      "|", ">", "\t", "=", "$", "${", "}", "[", "]", "{", ",", "%00", "%+1", "../", "-", "@", "://",
      "é",
      "🧑‍🚀", "2026-11-21T03:00:00Z", "99999999999999999999", "\\u0000", "\\ud800",
    ].map { Array($0.utf8) } + [
      [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
    ]

  private mutating func changingBytes(_ input: [UInt8]) -> [UInt8] {
    var bytes = input
    let place = number(below: bytes.count + 1)
    let other = number(below: bytes.count + 1)
    let range = min(place, other)..<max(place, other)
    switch number(below: 10) {
    case 0 where !bytes.isEmpty:
      bytes[number(below: bytes.count)] ^= UInt8(1) << UInt8(number(below: 8))
    case 1 where !bytes.isEmpty:
      bytes[number(below: bytes.count)] = UInt8.random(in: 0...255, using: &dice)
    case 2: bytes.removeSubrange(range.prefix(1 + number(below: 40)))
    case 3: bytes = Array(bytes.prefix(place))
    case 4: bytes.insert(contentsOf: bytes[range].prefix(2000), at: place)
    case 5: bytes = Array(bytes[range.upperBound...] + bytes[range] + bytes[..<range.lowerBound])
    case 6:
      let stranger = seeds[number(below: seeds.count)]
      bytes = Array(bytes.prefix(place)) + stranger.suffix(number(below: stranger.count + 1))
    case 7:
      let piece = Array(bytes[range].prefix(1 + number(below: 8)))
      let times = 1 + number(below: 1 << number(below: 12))
      bytes.insert(contentsOf: Array(repeatElement(piece, count: times).joined()), at: place)
    default:
      let word = Self.words[number(below: Self.words.count)]
      let times = dice.throwsOne(in: 8) ? 1 << number(below: 12) : 1
      bytes.insert(contentsOf: Array(repeatElement(word, count: times).joined()), at: place)
    }
    return bytes
  }

  // MARK: JSON

  /// Sorted: the order of a dictionary is another one in each process.
  private static let encoder: JSONEncoder = {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }()

  /// One document changed; nil where no line holds any.
  private mutating func changingJSON(_ input: [UInt8]) -> [UInt8]? {
    var lines = input.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
    let opened: Set<UInt8> = [UInt8(ascii: "{"), UInt8(ascii: "[")]
    let candidates = lines.indices.filter { lines[$0].contains(where: opened.contains) }
    guard !candidates.isEmpty else { return nil }
    let chosen = candidates[number(below: candidates.count)]
    let line = lines[chosen]
    // A line may say something before its document.
    guard let start = line.firstIndex(where: opened.contains),
      let tree = try? JSONDecoder().decode(Structure.self, from: Data(line[start...])),
      let text = try? Self.encoder.encode(changed(tree))
    else { return nil }
    lines[chosen] = Array(line[..<start]) + text
    return Array(lines.joined(separator: [0x0A]))
  }

  private mutating func changed(_ tree: Structure) -> Structure {
    let target = number(below: Self.size(tree))
    let stranger = Self.node(number(below: Self.size(tree)), of: tree) ?? .null
    var place = target
    return walk(tree, &place, stranger)
  }

  /// The tree with the node of that number changed.
  private mutating func walk(
    _ tree: Structure, _ place: inout Int, _ stranger: Structure
  ) -> Structure {
    if place == 0 {
      place = -1
      return instead(of: tree, stranger)
    }
    place -= 1
    switch tree {
    case .list(let values):
      return .list(
        values.map { value in place < 0 ? value : walk(value, &place, stranger) })
    case .object(let members):
      var changed = members
      for (key, value) in members.sorted(by: { $0.key < $1.key }) where place >= 0 {
        changed[key] = walk(value, &place, stranger)
      }
      return .object(changed)
    default: return tree
    }
  }

  private mutating func instead(of value: Structure, _ stranger: Structure) -> Structure {
    switch number(below: 16) {
    case 0: return .null
    case 1: return .bool(dice.throwsOne(in: 2))
    case 2: return .integer([0, -1, 1, .max, .min, 1 << 53, 9_999_999_999][number(below: 7)])
    case 3: return .number([1e300, -1e300, 0.5, -0.0, 9.3e18, 1e19, 2.3e-308][number(below: 7)])
    case 4: return .string("")
    case 5: return .string(word)
    case 6: return .string(String(repeating: word, count: 1 << number(below: 13)))
    case 7: return .list([])
    case 8: return .object([:])
    case 9: return .list([value])
    case 10: return .object(["node": value, "id": value])
    case 11: return stranger
    case 12: return nested(value)
    default: return changedWithin(value, stranger)
    }
  }

  /// A member or an element more, less, twice, or under another's name.
  private mutating func changedWithin(_ value: Structure, _ stranger: Structure) -> Structure {
    switch value {
    case .object(var members):
      let names = members.keys.sorted()
      guard !names.isEmpty else { return .object([word: stranger]) }
      let name = names[number(below: names.count)]
      let other = names[number(below: names.count)]
      switch number(below: 4) {
      case 0: members[name] = nil
      case 1: members[word] = members.removeValue(forKey: name)
      case 2: (members[name], members[other]) = (members[other], members[name])
      default: members[name] = stranger
      }
      return .object(members)
    case .list(var values):
      guard !values.isEmpty else { return .list([stranger]) }
      let place = number(below: values.count)
      switch number(below: 4) {
      case 0: values.remove(at: place)
      case 1: values.insert(contentsOf: values, at: place)
      case 2: values = Array(repeating: values[place], count: 1 << number(below: 8))
      default: values[place] = stranger
      }
      return .list(values)
    case .string(let text):
      return .string(String(decoding: changingBytes(Array(text.utf8)), as: UTF8.self))
    case .integer(let number): return .string("\(number)")
    default: return stranger
    }
  }

  private var word: String {
    mutating get { String(decoding: Self.words[number(below: Self.words.count)], as: UTF8.self) }
  }

  private mutating func nested(_ value: Structure) -> Structure {
    let isList = dice.throwsOne(in: 2)
    return (0..<(1 << number(below: 10))).reduce(value) { inner, _ in
      isList ? .list([inner]) : .object(["nodes": inner])
    }
  }

  private static func children(_ tree: Structure) -> [Structure] {
    tree.listValue ?? tree.objectValue.map { $0.sorted { $0.key < $1.key }.map(\.value) } ?? []
  }

  private static func size(_ tree: Structure) -> Int {
    children(tree).reduce(1) { $0 + size($1) }
  }

  private static func node(_ number: Int, of tree: Structure) -> Structure? {
    if number == 0 { return tree }
    var rest = number - 1
    for child in children(tree) {
      let size = size(child)
      if rest < size { return node(rest, of: child) }
      rest -= size
    }
    return nil
  }
}
