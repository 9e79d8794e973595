// Finds texts inside a longer one by their bytes. A search by characters would pass over a secret
// with a mark behind it that makes one character of both.

package struct ByteSearch: Sendable {
  /// The longest first: of two that begin at one place it is the one that counts.
  private let needles: [[UInt8]]

  package init(_ needles: some Sequence<[UInt8]>) {
    self.needles = Set(needles).filter { !$0.isEmpty }.sorted { $0.count > $1.count }
  }

  package init(_ texts: [String]) { self.init(texts.map { Array($0.utf8) }) }

  /// Where they are, from the beginning on; none overlaps another.
  package func ranges(in bytes: [UInt8]) -> [Range<Int>] {
    var byBeginning: [UInt8: [[UInt8]]] = [:]
    for needle in needles { byBeginning[needle[0], default: []].append(needle) }
    var found: [Range<Int>] = []
    var place = 0
    while place < bytes.count {
      let needle = byBeginning[bytes[place]]?.first { bytes[place...].starts(with: $0) }
      if let needle { found.append(place..<place + needle.count) }
      place += needle?.count ?? 1
    }
    return found
  }

  package func isFound(in text: String) -> Bool {
    let bytes = Array(text.utf8)
    return needles.contains { bytes.firstRange(of: $0) != nil }
  }

  package func replacing(in text: String, with mask: String) -> String {
    let bytes = Array(text.utf8)
    let found = ranges(in: bytes)
    if found.isEmpty { return text }
    var kept: [UInt8] = []
    var place = 0
    for range in found {
      kept += bytes[place..<range.lowerBound] + Array(mask.utf8)
      place = range.upperBound
    }
    return String(decoding: kept + bytes[place...], as: UTF8.self)
  }
}
