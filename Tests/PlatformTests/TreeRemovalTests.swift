// Trees that were built to be in the way are removed whole, and nothing outside them is touched.
import Glibc
import SymphonyPlatform
import Testing

@Suite struct TreeRemovalTests {
  @Test("links, pipes, closed directories and names that are no text go; what links lead to stays")
  func odd() throws {
    let yard = try Yard()
    try Files.makeDirectories(yard.inPlace("tree/closed/inner"))
    yard.link("tree/file", to: yard.victim)
    yard.link("tree/folder", to: yard.outside)
    yard.link("tree/closed/inner/folder", to: yard.outside)
    yard.pipe("tree/pipe")
    let folder = try Folder(yard.inPlace("tree"))
    let name = try #require(FileName(bytes: [0xC3, 0x28]))
    try folder.write(name, [1])
    _ = try folder.folder(#require(FileName(bytes: [0xFF])), creating: 0o700)
    #expect(chmod(yard.inPlace("tree/closed/inner"), 0) == 0)
    #expect(chmod(yard.inPlace("tree/closed"), 0o500) == 0)
    try Files.removeTree(yard.inPlace("tree"))
    #expect(!Files.exists(yard.inPlace("tree")))
    #expect(yard.isUntouched)
  }

  @Test("a link in the tree's own place is removed, and a missing tree is fine")
  func top() throws {
    let yard = try Yard()
    yard.link("tree", to: yard.outside)
    try Files.removeTree(yard.inPlace("tree"))
    #expect(!Files.exists(yard.inPlace("tree")))
    #expect(yard.isUntouched)
    try Files.removeTree(yard.inPlace("tree"))
    try Files.removeTree(yard.inPlace("never/was"))
  }

  /// More levels than a process has descriptors, or a thread has stack, for.
  @Test("a tree of any depth is removed")
  func deep() throws {
    let yard = try Yard()
    var folder = try Folder(yard.place).folder(FileName("tree"), creating: 0o700)
    for _ in 0..<12_000 { folder = try folder.folder(FileName("d"), creating: 0o700) }
    try folder.write(FileName("end"), [1], durable: false)
    try Files.removeTree(yard.inPlace("tree"))
    #expect(!Files.exists(yard.inPlace("tree")))
    #expect(yard.isUntouched)
  }
}
