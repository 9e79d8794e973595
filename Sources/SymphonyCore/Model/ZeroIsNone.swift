// Limits in spec.json. Every version wrote 0 where there is no limit, and a worker may read the
// spec of another version: so it is 0 there, and nil everywhere else. Used by the policies that are
// kept in a spec.

/// A limit, nil where there is none, that is stored as a whole number, 0 where there is none.
@propertyWrapper
package struct ZeroIsNone<Value: StoredAsNumber>: Hashable, Codable, Sendable {
  package var wrappedValue: Value?
  package init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  package init(from decoder: any Decoder) throws {
    let number = try decoder.singleValueContainer().decode(Int64.self)
    wrappedValue = number > 0 ? Value(stored: number) : nil
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(wrappedValue?.stored ?? 0)
  }
}

package protocol StoredAsNumber: Hashable, Sendable {
  init(stored: Int64)
  var stored: Int64 { get }
}

extension Int: StoredAsNumber {
  package init(stored: Int64) { self.init(clamping: stored) }
  package var stored: Int64 { Int64(self) }
}

extension Interval: StoredAsNumber {
  package init(stored: Int64) { self.init(milliseconds: stored) }
  package var stored: Int64 { milliseconds }
}
