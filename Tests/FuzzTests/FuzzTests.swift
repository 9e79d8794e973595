// Every reader of foreign bytes, fed some hundred inputs from a fixed seed, and all that broke a
// promise once. `make fuzz` goes on where this stops.
import FuzzTargets
import Glibc
import SymphonyPlatform
import SymphonyTestSupport
import Testing

/// One after the other: what kills the process, or never ends, says with what input.
@Suite(.serialized, .ownThreads) struct FuzzTests {
  @Test(arguments: FuzzTarget.all.map(\.name))
  func keepsItsPromises(_ name: String) throws {
    let target = try #require(FuzzTarget.named(name))
    let seed = Int(Host.environment["SYMPHONY_FUZZ_SEED"] ?? "") ?? 1
    let count = Int(Host.environment["SYMPHONY_FUZZ_INPUTS"] ?? "") ?? 200
    let seeds = try target.seeds()
    #expect(!seeds.isEmpty, "\(name) has nothing to begin with")
    LastWords.prepare(name)
    for (file, bytes) in try Seeds.found(name) {
      if let broken = breach(target, bytes) { Issue.record("Found/\(name)/\(file): \(broken)") }
    }
    var mutator = Mutator(seeds, seed: seed)
    for number in 0..<(seeds.count + count) {
      let input = number < seeds.count ? seeds[number] : mutator.next()
      guard let broken = breach(target, input) else { continue }
      let short = Shortener.shortest(input) { breach(target, $0) != nil }
      Issue.record(
        """
        \(name), input \(number) of seed \(seed): \(broken); shortest: \
        \(breach(target, short) ?? broken), by "\(Shortener.written(short))"
        """)
      return
    }
  }

  private func breach(_ target: FuzzTarget, _ input: [UInt8]) -> String? {
    LastWords.keep(input)
    defer { LastWords.done() }
    do {
      try target.check(input)
      return nil
    } catch { return "\(error)" }
  }

  @Test func namesAreUnique() {
    #expect(Set(FuzzTarget.all.map(\.name)).count == FuzzTarget.all.count)
  }

  @Test func aSeedRepeats() {
    let seeds = [Array("{\"a\":[1,2,{\"b\":null}]}\n".utf8), Array("text".utf8)]
    func inputs(_ seed: Int) -> [[UInt8]] {
      var mutator = Mutator(seeds, seed: seed)
      return (0..<50).map { _ in mutator.next() }
    }
    #expect(inputs(3) == inputs(3))
    #expect(inputs(3) != inputs(4))
    #expect(Set(inputs(3)).count > 40)
  }

  @Test func aLongInputIsMadeShort() {
    let long = Array("aaaaXbbbbbbbbYcccc".utf8)
    let short = Shortener.shortest(long) {
      $0.contains(UInt8(ascii: "X")) && $0.contains(UInt8(ascii: "Y"))
    }
    #expect(String(decoding: short, as: UTF8.self) == "XY")
    #expect(Shortener.written([0, 0x22, 0x41, 0x0A, 0xFF]) == "\\x00\\\"A\\n\\xff")
  }
}
