// Directories that a person named: when they count as not there.
import Glibc
import SymphonyPlatform
import Testing

@Suite struct NamedFolderTests {
  @Test func whatIsNotThereIsNamed() throws {
    let yard = try Yard()
    let folder = NamedFolder(yard.inPlace("disk"))
    for wasUsed in [false, true] {
      #expect(folder.absence(wasUsed: wasUsed) == "\(folder.path) is not there")
    }
    try Files.writeAtomically(folder.path, "a file")
    #expect(folder.absence(wasUsed: false) == "\(folder.path) is not a directory")
    try Files.remove(folder.path)
    yard.link("disk", to: yard.inPlace("unmounted"))
    #expect(folder.absence(wasUsed: false)?.hasSuffix("unmounted, which is not there") == true)
    try Files.makeDirectory(yard.inPlace("unmounted"))
    #expect(folder.absence(wasUsed: false) == nil, "a link to a directory is one")
  }

  @Test func anotherDirectoryInItsPlaceIsNotWhatWeWorkedIn() throws {
    let yard = try Yard()
    let folder = NamedFolder(yard.place)
    let own = yard.inPlace("acme")
    #expect(folder.absence(wasUsed: false) == nil)
    // An empty mount point, and one with something in it that is none of ours.
    #expect(folder.absence(wasUsed: true)?.contains("nothing of what symphony left") == true)
    try Files.writeAtomically(yard.inPlace("NOT MOUNTED"), "")
    #expect(folder.absence(wasUsed: true, orHas: [own]) != nil)
    // Of an earlier version: no mark yet.
    try Files.makeDirectory(own)
    #expect(folder.absence(wasUsed: true, orHas: [own]) == nil)
    try Files.removeTree(own)
    try folder.leaveMark()
    #expect(folder.absence(wasUsed: true) == nil)
    #expect(try Files.list(yard.place) == [NamedFolder.markName, "NOT MOUNTED"])
  }
}
