// How the reports write time and absence in JSON. Used by every type of this module: a time is
// RFC 3339 in UTC, and a key whose value is not known is there with `null`.
import SymphonyCore

/// A point of time in whole seconds, written `2026-11-21T03:04:05Z`.
///
/// From 1970 to 9999: what lies outside comes from a damaged or hostile file, and becomes the first
/// or the last of these.
package struct Moment: Hashable, Comparable, Codable, Sendable {
  /// Whole seconds, so that what is written reads back as the same.
  package let time: Timestamp

  package init(_ time: Timestamp) {
    let last: Int64 = 253_402_300_799
    self.time = Timestamp(milliseconds: min(max(time.milliseconds / 1000, 0), last) * 1000)
  }

  package var text: String { time.rfc3339 }

  package static func < (left: Moment, right: Moment) -> Bool { left.time < right.time }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let time = Timestamp(rfc3339: text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "\"\(text)\" is not a time as 2026-11-21T03:04:05Z is")
    }
    self.init(time)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

extension Moment? {
  init(_ time: Timestamp?) { self = time.map(Moment.init) }
}

/// Written as `null` where there is no value: a reader finds every key, and need not tell an
/// unknown key from an unknown value.
///
/// Read as nil where the key is missing: an older version did not write it.
@propertyWrapper
package struct OrNull<Value: Hashable & Codable & Sendable>: Hashable, Codable, Sendable {
  package var wrappedValue: Value?

  package init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    wrappedValue = container.decodeNil() ? nil : try container.decode(Value.self)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let wrappedValue {
      try container.encode(wrappedValue)
    } else {
      try container.encodeNil()
    }
  }
}

extension KeyedDecodingContainer {
  /// The function that the compiler's own `init(from:)` calls for a property that is `OrNull`.
  package func decode<Value>(
    _ type: OrNull<Value>.Type, forKey key: Key
  ) throws -> OrNull<Value> {
    try decodeIfPresent(type, forKey: key) ?? OrNull(wrappedValue: nil)
  }
}
