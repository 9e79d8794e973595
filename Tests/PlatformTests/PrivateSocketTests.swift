// The place of a Unix socket: who may use it, what it makes room for, and what it leaves alone.
import Glibc
import SymphonyPlatform
import Testing

@Suite struct PrivateSocketTests {
  private func errno(_ body: () throws -> PrivateSocket) -> Int32? {
    do {
      close(try body().descriptor)
      return nil
    } catch let error as PlatformError { return error.errno } catch { return -1 }
  }

  @Test func onlyItsOwnerMayUseIt() throws {
    let yard = try Yard()
    let path = yard.inPlace("s")
    let socket = try PrivateSocket.listen(at: path)
    #expect(Files.permissions(path).map { $0 & 0o777 } == 0o600)
    #expect(errno { try PrivateSocket.listen(at: path) } == EADDRINUSE, "somebody listens")
    close(socket.descriptor)
    #expect(errno { try PrivateSocket.listen(at: path) } == nil, "nobody listens any more")
  }

  @Test func whatIsNotItsOwnStays() throws {
    let yard = try Yard()
    let path = yard.inPlace("s")
    let first = try PrivateSocket.listen(at: path)
    close(first.descriptor)
    let second = try PrivateSocket.listen(at: path)
    defer { close(second.descriptor) }
    first.remove()
    #expect(Files.exists(path), "another server's")
    second.remove()
    #expect(!Files.exists(path))
    try Files.writeAtomically(path, "notes", durable: false)
    second.remove()
    #expect(errno { try PrivateSocket.listen(at: path) } == EEXIST)
    #expect(try Files.readText(path, limit: 100) == "notes")
  }

  @Test func whereEverybodyMayWriteItIsNotMade() throws {
    let yard = try Yard()
    let open = yard.inPlace("open")
    try Files.makeDirectory(open)
    #expect(chmod(open, 0o777) == 0)
    #expect(errno { try PrivateSocket.listen(at: open + "/s") } == EPERM)
    // As /tmp is: nobody may rename what is another's.
    #expect(chmod(open, 0o1777) == 0)
    #expect(errno { try PrivateSocket.listen(at: open + "/s") } == nil)
  }

  @Test func oneAtATimeTakesALeftoversPlace() throws {
    let yard = try Yard()
    let path = yard.inPlace("s")
    close(try PrivateSocket.listen(at: path).descriptor)
    let folder = Glibc.open(yard.place, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { close(folder) }
    #expect(flock(folder, LOCK_EX) == 0)
    #expect(errno { try PrivateSocket.listen(at: path) } == EADDRINUSE)
    #expect(
      errno { try PrivateSocket.listen(at: yard.inPlace("other")) } == nil, "nothing is there")
    #expect(flock(folder, LOCK_UN) == 0)
    #expect(errno { try PrivateSocket.listen(at: path) } == nil)
    #expect(try Files.list(yard.place).sorted() == ["other", "s"], "no other name is left")
  }
}
