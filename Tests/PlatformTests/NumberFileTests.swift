// A number overwritten in place: read as it was written, and as none where it is not whole.
import Glibc
import SymphonyPlatform
import Testing

@Suite struct NumberFileTests {
  @Test func itIsReadAsItWasWritten() throws {
    let yard = try Yard()
    let file = NumberFile(Files.join(yard.path, "number"))
    #expect(try file.read() == nil)
    for number: Int64 in [0, 1, 99, 100, 7, .max] {
      try file.write(number)
      #expect(try file.read() == number)
    }
    #expect(Files.permissions(file.path).map { $0 & 0o777 } == 0o600)
  }

  @Test func itKeepsItsPlaceOnTheDisk() throws {
    let yard = try Yard()
    let file = NumberFile(Files.join(yard.path, "number"))
    try file.write(1)
    let (inode, size) = (Files.inode(file.path), Files.size(file.path))
    try file.write(1_000_000_007)
    #expect(Files.inode(file.path) == inode && Files.size(file.path) == size)
  }

  @Test(
    "what is not whole is no number",
    arguments: ["", "12", "12 13", "12 12 12", "-3 -3", "x x", "12 1", "99999999999999999999 9"])
  func torn(text: String) throws {
    let yard = try Yard()
    let file = NumberFile(Files.join(yard.path, "number"))
    try Files.append(file.path, text)
    #expect(try file.read() == nil)
    try file.write(5)
    #expect(try file.read() == 5)
  }

  @Test func aLinkOrADirectoryIsNone() throws {
    let yard = try Yard()
    let (target, link) = (Files.join(yard.path, "target"), Files.join(yard.path, "link"))
    try NumberFile(target).write(4)
    #expect(symlink(target, link) == 0)
    #expect(try NumberFile(link).read() == nil)
    #expect(throws: PlatformError.self) { try NumberFile(link).write(9) }
    #expect(try NumberFile(target).read() == 4)
    #expect(try NumberFile(yard.path).read() == nil)
  }
}
