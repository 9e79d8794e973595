// The random texts of a snapshot: nobody can guess one, and the same number stays the same text,
// from whatever thread it is asked for.
import Testing

@testable import SymphonyTick

@Suite struct DrawnNoncesTests {
  @Test func eachIsRandomAndStays() async {
    let (nonces, others) = (DrawnNonces(), DrawnNonces())
    let later = nonces.text(200)
    let texts = await withTaskGroup(of: (Int, String).self) { group in
      for number in 0..<201 { group.addTask { (number, nonces.text(number)) } }
      return await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
    }
    #expect(texts[200] == later && texts.count == 201)
    #expect(Set(texts.values).count == 201)
    #expect(texts.values.allSatisfy { $0.count == 32 && $0.allSatisfy { $0.isHexDigit } })
    #expect((0..<201).allSatisfy { nonces.text($0) == texts[$0] })
    #expect(Set((0..<201).map { others.text($0) }).isDisjoint(with: texts.values))
  }
}
