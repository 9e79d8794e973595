// A copy out of a place where an enemy writes: whole and of the content that was asked for, or not
// there at all.
import Glibc
import SymphonyPlatform
import Testing

@Suite struct FileCopyTests {
  /// Of "abc" (FIPS 180-2, appendix B.1).
  private let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

  private func names(_ yard: Yard) throws -> [String] { try Files.list(yard.inPlace("own")) }
  private func copy(
    _ yard: Yard, _ name: String, limit: Int64 = 100, goesOn: () -> Bool = { true }
  ) throws(PlatformError) {
    let folder = try Folder(yard.place)
    let target = try folder.folder(FileName("own"), creating: 0o700)
    try folder.copy(FileName(name), into: target, sha256: abc, limit: limit, goesOn: goesOn)
  }

  @Test func theContentThatWasAskedForArrives() throws {
    let yard = try Yard()
    try Files.writeAtomically(yard.inPlace("object"), "abc")
    try copy(yard, "object", limit: 3)
    #expect(try Files.readText(yard.inPlace("own/object")) == "abc")
    #expect(try names(yard) == ["object"])
  }

  @Test func nothingElseDoes() throws {
    let yard = try Yard()
    try Files.writeAtomically(yard.inPlace("other"), "abd")
    // Its content would be the right one.
    try Files.writeAtomically(yard.inPlace("true"), "abc")
    yard.link("link", to: yard.inPlace("true"))
    yard.pipe("pipe")
    try Files.makeDirectory(yard.inPlace("folder"))
    // A terabyte of holes.
    try Files.writeAtomically(yard.inPlace("holes"), "abc")
    #expect(truncate(yard.inPlace("holes"), 1 << 40) == 0)
    for (name, code) in [
      ("other", EBADMSG), ("link", ELOOP), ("pipe", EINVAL), ("folder", EISDIR),
      ("missing", ENOENT),
      ("holes", EFBIG),
    ] {
      #expect(number { () throws(PlatformError) in try copy(yard, name) } == code, "\(name)")
    }
    #expect(number { () throws(PlatformError) in try copy(yard, "true", limit: 2) } == EFBIG)
    #expect(try names(yard) == [])
  }

  @Test func aCopyThatIsEndedLeavesNothing() throws {
    let yard = try Yard()
    try Files.writeAtomically(yard.inPlace("object"), "abc")
    var pieces = 0
    let code = number { () throws(PlatformError) in
      try copy(yard, "object") {
        pieces += 1
        return pieces < 2
      }
    }
    #expect(code == ECANCELED)
    #expect(try names(yard) == [])
  }

  @Test func aLinkWithTheNameOfTheCopyIsReplaced() throws {
    let yard = try Yard()
    try Files.writeAtomically(yard.inPlace("object"), "abc")
    try Files.makeDirectory(yard.inPlace("own"))
    #expect(symlink(yard.victim, yard.inPlace("own/object")) == 0)
    try copy(yard, "object")
    #expect(try Files.readOwn(yard.inPlace("own/object")) == Array("abc".utf8))
    #expect(yard.isUntouched)
  }
}
