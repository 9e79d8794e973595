// A held directory, and the files of our own: whatever is planted under a name, nothing outside the
// directory is read, written, changed or waited for.
import Glibc
import SymphonyPlatform
import Testing

@Suite struct FolderTests {
  @Test("a file is created only where nothing has its name, and whole")
  func creates() throws {
    let yard = try Yard()
    let folder = try Folder(yard.place)
    yard.link("link", to: yard.victim)
    yard.link("dangling", to: yard.inPlace("nothing"))
    yard.pipe("pipe")
    try Files.makeDirectory(yard.inPlace("folder"))
    let before = try Files.list(yard.place).sorted()
    for name in before {
      #expect(
        number { () throws(PlatformError) in
          try folder.create(FileName(name), Array("x".utf8), mode: 0o600)
        } == EEXIST)
    }
    #expect(try Files.list(yard.place).sorted() == before)
    #expect(yard.isUntouched)
    try Files.create(yard.inPlace("new"), "text\n", mode: 0o600)
    #expect(try Files.readText(yard.inPlace("new")) == "text\n")
    #expect(Files.permissions(yard.inPlace("new")) == 0o600)
    #expect(try Files.list(yard.place).count == before.count + 1)
  }

  @Test("no kind of entry but a regular file is read, and none is waited for")
  func kinds() throws {
    let yard = try Yard()
    let folder = try Folder(yard.place)
    yard.link("link", to: yard.victim)
    yard.link("dangling", to: yard.inPlace("nothing"))
    yard.link("null", to: "/dev/null")
    yard.link("self", to: "/proc/self/environ")
    yard.pipe("pipe")
    try Files.makeDirectory(yard.inPlace("folder"))
    let expected: [(String, Int32)] = [
      ("link", ELOOP), ("dangling", ELOOP), ("null", ELOOP), ("self", ELOOP), ("pipe", EINVAL),
      ("folder", EISDIR), ("missing", ENOENT),
    ]
    for (name, code) in expected {
      let path = yard.inPlace(name)
      #expect(number { () throws(PlatformError) in _ = try folder.read(FileName(name)) } == code)
      #expect(number { () throws(PlatformError) in _ = try Files.readOwn(path) } == code)
      #expect(Files.tail(path, limit: 100) == "")
      #expect(try !FileLock.probe(path))
      if code == ENOENT { continue }
      #expect(number { () throws(PlatformError) in try Files.append(path, "x") } != 0)
      #expect(number { () throws(PlatformError) in _ = try FileLock.take(path) } != 0)
    }
    #expect(!Files.exists(yard.inPlace("nothing")))
    #expect(yard.isUntouched)
    #expect(throws: Never.self) { try Files.append(yard.inPlace("new"), "x") }
  }

  @Test("a write replaces what stands in its place and never follows it")
  func replaces() throws {
    let yard = try Yard()
    let folder = try Folder(yard.place)
    yard.link("link", to: yard.victim)
    yard.pipe("pipe")
    #expect(Glibc.link(yard.victim, yard.inPlace("twin")) == 0)
    for name in ["link", "pipe", "twin", "new"] {
      try Files.writeAtomically(yard.inPlace(name), "ours", durable: false)
      #expect(try folder.read(FileName(name)) == Array("ours".utf8))
      #expect(try folder.facts(FileName(name))?.kind == .file)
    }
    try Files.makeDirectory(yard.inPlace("folder"))
    #expect(
      number { () throws(PlatformError) in
        try folder.write(FileName("folder"), [1])
      } == EISDIR)
    #expect(yard.isUntouched)
    // Nothing of a failed write stays behind either.
    #expect(try Files.list(yard.place) == ["folder", "link", "new", "pipe", "twin"])
  }

  @Test("a mode is what the umask leaves of it, unless it is exact")
  func modes() throws {
    let yard = try Yard()
    let folder = try Folder(yard.place)
    try folder.write(FileName("usual"), [], mode: 0o600)
    try folder.write(FileName("exact"), [], mode: 0o666, exact: true)
    #expect(try folder.facts(FileName("usual"))?.permissions == 0o600)
    #expect(try folder.facts(FileName("exact"))?.permissions == 0o666)
  }

  @Test("directories below a root are made and entered without following links")
  func below() throws {
    let yard = try Yard()
    yard.link("away", to: yard.outside)
    let target = yard.inPlace("away/deep/er")
    #expect(
      number { () throws(PlatformError) in
        try Files.makeDirectories(target, below: yard.place)
      } == ELOOP)
    #expect(yard.isUntouched)
    try Files.makeDirectories(yard.inPlace("a/b/c"), below: yard.place)
    #expect(Files.isDirectory(yard.inPlace("a/b/c")))
    #expect(
      number { () throws(PlatformError) in
        try Files.makeDirectories(yard.place + "s/x", below: yard.place)
      } == EINVAL)
    let folder = try Folder(yard.place)
    #expect(
      number { () throws(PlatformError) in _ = try folder.folder(FileName("away")) } == ELOOP)
    // Held: what the path leads to afterwards does not matter.
    let held = try folder.folder(FileName("a"))
    #expect(rename(yard.inPlace("a"), yard.inPlace("old")) == 0)
    yard.link("a", to: yard.outside)
    try held.write(FileName("x"), [1])
    #expect(yard.isUntouched)
    #expect(Files.exists(yard.inPlace("old/x")))
  }

  @Test("a repository's own links are followed as long as they stay inside")
  func beneath() throws {
    let yard = try Yard()
    let folder = try Folder(yard.place)
    try Files.makeDirectories(yard.inPlace("docs/deep"))
    try Files.writeAtomically(yard.inPlace("CLAUDE.md"), "inside")
    yard.link("AGENTS.md", to: "docs/../CLAUDE.md")
    yard.link("docs/deep/up.md", to: "../../AGENTS.md")
    yard.link("folder", to: "docs/deep")
    yard.link("out", to: "../outside/victim")
    yard.link("absolute", to: yard.inPlace("CLAUDE.md"))
    yard.link("docs/out", to: "..")
    yard.link("loop", to: "loop")
    yard.link("fd", to: "/proc/self/fd/0")
    for path in [
      "AGENTS.md", "docs/deep/up.md", "folder/up.md", "./CLAUDE.md", "docs/out/AGENTS.md",
    ] {
      #expect(try folder.readBeneath(path, limit: 100) == Array("inside".utf8), "\(path)")
    }
    let refused: [(String, Int32)] = [
      ("out", EXDEV), ("absolute", EXDEV), ("fd", EXDEV), ("docs/out/../CLAUDE.md", EXDEV),
      ("loop", ELOOP), ("docs", EISDIR), ("..", EXDEV), ("", EISDIR), ("none", ENOENT),
    ]
    for (path, code) in refused {
      #expect(
        number { () throws(PlatformError) in _ = try folder.readBeneath(path, limit: 100) }
          == code, "\(path)")
    }
  }

  @Test("names are bytes, and say themselves on one line")
  func names() throws {
    let yard = try Yard()
    let folder = try Folder(yard.place)
    let odd: [[UInt8]] = [
      [0xFF, 0x2E, 0x6D, 0x64], Array("a\nb".utf8), Array(repeating: 0x61, count: 255),
    ]
    for bytes in odd { try folder.write(#require(FileName(bytes: bytes)), bytes) }
    #expect(try folder.names().map(\.bytes) == [odd[1], odd[2], odd[0]])
    #expect(try folder.names(atMost: 2).count == 2)
    #expect(try Files.list(yard.place).count == 2)
    for bytes in odd {
      let name = try #require(FileName(bytes: bytes))
      #expect(try folder.read(name) == bytes)
      try folder.remove(name)
    }
    #expect(try folder.names().isEmpty)
    #expect(FileName(bytes: odd[0])?.description == "\\xff.md")
    #expect(FileName(bytes: odd[1])?.description == "a\\x0ab")
    #expect(FileName(bytes: Array("\u{202E}x".utf8))?.description == "\\xe2\\x80\\xaex")
    for wrong in ["", ".", "..", "a/b", "a\0b"] {
      #expect(number { () throws(PlatformError) in _ = try FileName(wrong) } == EINVAL)
    }
  }

  @Test("temporaries of writes that were cut short are told from everything else, and removed")
  func temporaries() throws {
    let yard = try Yard()
    let folder = try Folder(yard.place)
    let mark = ".symphony-" + String(repeating: "0a", count: 12) + ".tmp"
    yard.link(mark, to: yard.victim)
    for name in [".symphony-0a.tmp", mark + "x", "x" + mark, "symphony.tmp"] {
      try Files.writeAtomically(yard.inPlace(name), "")
    }
    try folder.removeTemporaries(olderThan: 3600)
    #expect(Files.linkTarget(yard.inPlace(mark)) != nil)
    try folder.removeTemporaries()
    #expect(try Files.list(yard.place).count == 4)
    #expect(yard.isUntouched)
  }
}
