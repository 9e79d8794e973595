// Which directories are safe to work in. Another user is played by asking for one who does not own
// what this test made, so it needs no root; owners, groups and mounts are given.
import Glibc
import Testing

@testable import SymphonyPlatform

@Suite struct FolderSafetyTests {
  private static let me = geteuid()
  private static let group = getegid()
  /// Nobody who could own anything here.
  private static let stranger = geteuid() + 70_000

  private func safety(
    user: UInt32 = me, passwd: String = "me:x:\(me):\(group)::/:/bin/sh\n",
    group groups: String = "mine:x:\(group):\n", mounts: Set<String> = [], mapped: Bool = true
  ) -> FolderSafety {
    FolderSafety(
      user: user, users: UserDirectory(passwd: passwd, group: groups), mounts: mounts,
      ownersAreMapped: mapped)
  }

  private func problem(_ path: String, _ safety: FolderSafety) -> String? {
    do throws(UnsafeFolder) { try safety.check(path) } catch { return error.sentence }
    return nil
  }

  @Test("our own, closed directories are safe, and what is not there yet below them")
  func ours() throws {
    let yard = try Yard()
    for path in [yard.place, yard.inPlace("not/yet"), "/", "/usr"] {
      #expect(problem(path, safety()) == nil, "\(path)")
    }
  }

  @Test("somebody else's directory is named with its owner, as itself and on the way")
  func foreign() throws {
    let yard = try Yard()
    let other = safety(user: Self.stranger)
    // Whoever runs this test is the stranger to this user; root is nobody's, and plays another.
    if Self.me == 0 { #expect(chown(yard.place, 54322, 54322) == 0) }
    let owner = Self.me == 0 ? "uid 54322" : "me (uid \(Self.me))"
    for path in [yard.place, yard.inPlace("not/yet")] {
      let sentence = try #require(problem(path, other))
      #expect(sentence.contains("belongs to \(owner), not to uid \(Self.stranger)"))
    }
  }

  @Test("others may write to none of them; with the sticky bit on the way only")
  func writable() throws {
    let yard = try Yard()
    try Files.makeDirectory(yard.inPlace("inner"))
    let everybody: [(UInt32, inner: Bool, itself: Bool)] = [
      (0o755, true, true), (0o757, false, false), (0o1777, true, false), (0o777, false, false),
    ]
    #expect(chmod(yard.path, 0o755) == 0)
    for (mode, inner, itself) in everybody {
      #expect(chmod(yard.place, mode_t(mode)) == 0)
      let words = "mode \(String(mode, radix: 8))"
      #expect((problem(yard.inPlace("inner"), safety()) == nil) == inner, "\(words)")
      #expect((problem(yard.inPlace("not/yet"), safety()) == nil) == inner, "\(words)")
      let found = problem(yard.place, safety())
      #expect((found == nil) == itself, "\(words)")
      if let found { #expect(found.hasPrefix(yard.place) && found.contains("everybody")) }
    }
    // Where nobody else gets in, what is below may be as it likes.
    #expect(chmod(yard.path, 0o700) == 0)
    #expect(problem(yard.place, safety()) == nil)
  }

  @Test("a group may write when nobody else is in it")
  func groups() throws {
    let yard = try Yard()
    #expect(chmod(yard.path, 0o755) == 0)
    #expect(chmod(yard.place, 0o775) == 0)
    let (me, group) = (Self.me, Self.group)
    let account = "me:x:\(me):\(group)::/:/bin/sh\n"
    let fine = [
      safety(), safety(group: "mine:x:\(group):me\n"),
      safety(
        passwd: account + "root:x:0:0::/:/bin/sh\n", group: "mine:x:\(group):root,me\n"),
      safety(group: ""),
    ]
    for safety in fine { #expect(problem(yard.place, safety) == nil) }
    let shared = [
      safety(group: "team:x:\(group):me,mallory\n"),
      safety(passwd: account + "mallory:x:54322:\(group)::/:/bin/sh\n"),
    ]
    for safety in shared {
      #expect(problem(yard.place, safety)?.contains("is writable for group") == true)
    }
  }

  @Test("a group that only a distant directory knows counts when its number is the user's")
  func distantGroups() {
    let users = UserDirectory(
      passwd: "", group: "", distantGroup: { $0 == 10513 || $0 == 7001 ? "domain users" : nil })
    #expect(!users.isPrivate(10513, of: 7001))
    #expect(users.isPrivate(7001, of: 7001))
    #expect(users.isPrivate(99999, of: 7001))
  }

  @Test("links are followed, and each is judged like a directory")
  func links() throws {
    let yard = try Yard()
    #expect(chmod(yard.path, 0o755) == 0)
    #expect(chmod(yard.outside, 0o777) == 0)
    yard.link("away", to: yard.outside)
    yard.link("round", to: "round")
    yard.link("up", to: "../outside")
    for name in ["away", "up", "away/not/yet"] {
      #expect(problem(yard.inPlace(name), safety())?.hasPrefix(yard.outside) == true, "\(name)")
    }
    #expect(problem(yard.inPlace("round"), safety())?.contains("leads nowhere") == true)
  }

  @Test("root takes a mounted volume whose owner has no account here, and nothing else of others'")
  func volumes() throws {
    let yard = try Yard()
    guard Self.me == 0, chown(yard.place, 54321, 54321) == 0 else { return }
    let (place, account) = (yard.place, "root:x:0:0::/:/bin/sh\n")
    #expect(problem(place, safety(passwd: account, mounts: [place])) == nil)
    #expect(problem(yard.inPlace("x"), safety(passwd: account, mounts: [place])) == nil)
    #expect(problem(place, safety(passwd: account)) != nil)
    let known = account + "op:x:54321:54321::/:/bin/sh\n"
    #expect(problem(place, safety(passwd: known, mounts: [place]))?.contains("op (uid") == true)
    #expect(chmod(yard.path, 0o755) == 0 && chmod(place, 0o777) == 0)
    #expect(problem(place, safety(passwd: account, mounts: [place])) != nil)
  }

  @Test("files beside: regular, ours, and not for others to write where others get in")
  func files() throws {
    let yard = try Yard()
    func problem(_ name: String, _ safety: FolderSafety) -> String? {
      do throws(UnsafeFolder) { try safety.checkFile(yard.inPlace(name)) } catch {
        return error.sentence
      }
      return nil
    }
    try Files.writeAtomically(yard.inPlace("file"), "")
    yard.link("link", to: yard.victim)
    yard.pipe("pipe")
    #expect(problem("file", safety()) == nil)
    #expect(problem("missing", safety()) == nil)
    #expect(problem("link", safety())?.contains("is a symbolic link") == true)
    #expect(problem("pipe", safety())?.contains("is a named pipe") == true)
    #expect(chmod(yard.inPlace("file"), 0o666) == 0)
    #expect(problem("file", safety()) == nil)
    #expect(chmod(yard.place, 0o755) == 0)
    #expect(problem("file", safety())?.contains("everybody") == true)
    if Self.me == 0 { #expect(chown(yard.inPlace("file"), 54322, 54322) == 0) }
    #expect(problem("file", safety(user: Self.stranger))?.contains("belongs to") == true)
  }

  @Test("no two temporaries have one name, and each is known for one")
  func temporaryNames() {
    let names = (0..<100).map { _ in FileName.temporary() }
    #expect(Set(names).count == 100)
    #expect(names.allSatisfy { $0.isTemporary })
  }

  @Test("names of mounts are read as the kernel writes them")
  func mountNames() {
    #expect(Host.unescaped(#"/a\040b\134c\011"#) == "/a b\\c\t")
    #expect(Host.mountPoints.contains("/proc"))
  }
}
