// One reader of bytes that others wrote, and what must hold whatever comes in. FuzzTests feeds each
// some hundred inputs from a fixed seed, Fuzzer (`make fuzz`) as many as there is time for.

package struct FuzzTarget: Sendable {
  /// The value of `make fuzz TARGET=`.
  package let name: String
  /// Inputs that the reader was made for; others are made of them.
  package let seeds: @Sendable () throws -> [[UInt8]]
  /// Feeds the reader.
  ///
  /// - Throws: `BrokenPromise`.
  package let check: @Sendable ([UInt8]) throws -> Void

  init(
    _ name: String, seeds: @escaping @Sendable () throws -> [[UInt8]],
    check: @escaping @Sendable ([UInt8]) throws -> Void
  ) {
    self.name = name
    self.seeds = seeds
    self.check = check
  }

  package static let all: [FuzzTarget] =
    workflowTargets + agentTargets + gitHubTargets + runTargets + localTargets + serverTargets
    + gitTargets + textTargets

  package static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}

/// Something that must hold for every input and did not.
package struct BrokenPromise: Error, Hashable, CustomStringConvertible {
  package let description: String
}

/// Throws the words where the promise is broken.
func promise(_ isKept: Bool, _ words: @autoclosure () -> String) throws(BrokenPromise) {
  if !isKept { throw BrokenPromise(description: words()) }
}

/// Nothing in it moves a cursor, turns the order of reading or cannot be seen.
func promisePlain(_ text: String, _ what: String) throws(BrokenPromise) {
  try promise(
    text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) },
    "\(what) holds a control character: \(text.debugDescription)")
}

/// At most so many bytes.
func promiseBounded(_ text: String, _ limit: Int, _ what: String) throws(BrokenPromise) {
  try promise(
    text.utf8.count <= limit, "\(what) has \(text.utf8.count) bytes, more than \(limit)")
}
