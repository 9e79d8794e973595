// What a directory takes up: counted in blocks, through no link, within bounds.
import Glibc
import SymphonyPlatform
import Testing

@Suite struct DiskUseTests {
  private func use(_ yard: Yard, except: Set<String> = [], entries: Int = 1000) -> DiskUse {
    DiskUse(of: yard.place, except: except, entries: entries)
  }

  @Test func blocksCountAndNoLinkIsFollowed() throws {
    let yard = try Yard()
    try Files.makeDirectory(yard.inPlace("folder"))
    let empty = use(yard).bytes
    try Files.writeAtomically(yard.inPlace("folder/file"), String(repeating: "x", count: 100_000))
    let whole = use(yard)
    #expect(whole.isWhole && (100_000...110_000).contains(whole.bytes - empty))
    // Its end says a terabyte, its blocks nothing.
    try Files.writeAtomically(yard.inPlace("holes"), "")
    #expect(truncate(yard.inPlace("holes"), 1 << 40) == 0)
    try Files.writeAtomically(yard.victim, String(repeating: "x", count: 100_000))
    yard.link("link", to: yard.victim)
    yard.link("out", to: yard.outside)
    let after = use(yard)
    #expect(after.isWhole && after.bytes - whole.bytes < 10_000)
  }

  @Test func whatIsLeftOutOrTooMuchDoesNotCount() throws {
    let yard = try Yard()
    for name in ["a", "b"] {
      try Files.makeDirectory(yard.inPlace(name))
      try Files.writeAtomically(
        yard.inPlace("\(name)/file"), String(repeating: "x", count: 100_000))
    }
    #expect(use(yard).bytes >= 200_000)
    let half = use(yard, except: [yard.inPlace("b")])
    #expect(half.isWhole && (100_000..<200_000).contains(half.bytes))
    #expect(use(yard, entries: 4).isWhole && !use(yard, entries: 3).isWhole)
    #expect(DiskUse(of: yard.inPlace("missing"), entries: 10) == DiskUse())
  }

  @Test func aPitIsLeftAtAHundredLevels() throws {
    let yard = try Yard()
    var path = yard.place
    for _ in 0..<120 {
      path = Files.join(path, "d")
      try Files.makeDirectory(path)
    }
    #expect(!use(yard).isWhole)
  }
}
