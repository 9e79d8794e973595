// Sockets that a server is given or makes: those that systemd hands over (sd_listen_fds(3)), and
// the place of a Unix socket that only its owner may use.
import Glibc

package enum HandedSockets {
  package struct Handed: Hashable, Sendable {
    package var descriptor: Int32
    /// A Unix socket, whose permissions say who may connect.
    package var isUnix: Bool
  }

  /// The listening sockets from descriptor 3 on; none where nobody hands any over.
  ///
  /// Marked so that no child inherits them.
  package static func take(_ environment: [String: String] = Host.environment) -> [Handed] {
    guard let pid = environment["LISTEN_PID"].flatMap(Int32.init), pid == getpid(),
      let count = environment["LISTEN_FDS"].flatMap(Int32.init), (1...16).contains(count)
    else { return [] }
    return (3..<(3 + count)).compactMap { descriptor in
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
      var isListening: Int32 = 0
      var size = socklen_t(MemoryLayout<Int32>.size)
      guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &size) == 0,
        isListening != 0
      else { return nil }
      var family: Int32 = 0
      size = socklen_t(MemoryLayout<Int32>.size)
      guard getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0 else { return nil }
      return Handed(descriptor: descriptor, isUnix: family == AF_UNIX)
    }
  }
}

/// A Unix socket that this process listens at and only its owner may use (0600).
package struct PrivateSocket: Sendable {
  package let path: String
  package let descriptor: Int32
  private let device: dev_t
  private let inode: ino_t

  /// Listens at a path.
  ///
  /// A socket that nobody listens at any more is removed; anything else there is left alone.
  /// - Throws: EEXIST for another file, EADDRINUSE while somebody listens, ENAMETOOLONG, EPERM in a
  ///   directory in which everybody may put another in its place.
  package static func listen(at path: String) throws(PlatformError) -> PrivateSocket {
    let folder = Files.parent(of: path)
    let place = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard place >= 0 else { throw PlatformError("listen at", path, errno) }
    defer { close(place) }
    var facts = stat()
    // Without the sticky bit whoever may write there may rename what is ours.
    guard fstat(place, &facts) == 0, facts.st_mode & S_IWOTH == 0 || facts.st_mode & S_ISVTX != 0
    else {
      throw PlatformError("listen at", path, EPERM, why: "everybody may write in \(folder)")
    }
    // Whoever finds it at its path finds it listening: under another name until then.
    let made = try bound("\(path).\(getpid())", of: path)
    do throws(PlatformError) {
      try made.move(to: path, in: place)
      return PrivateSocket(
        path: path, descriptor: made.descriptor, device: made.device, inode: made.inode)
    } catch {
      made.remove()
      close(made.descriptor)
      throw error
    }
  }

  private static func bound(
    _ name: String, of path: String
  ) throws(PlatformError) -> PrivateSocket {
    guard var address = address(name) else { throw PlatformError("listen at", path, ENAMETOOLONG) }
    let made = stream()
    if made < 0 { throw PlatformError("listen at", path, errno) }
    // Nobody may connect between its making and a change of its rights.
    let before = umask(0o177)
    let isBound = call(&address) { bind(made, $0, $1) } == 0
    let code = errno
    umask(before)
    var facts = stat()
    guard isBound, lstat(name, &facts) == 0, Glibc.listen(made, 256) == 0 else {
      let later = errno
      close(made)
      throw PlatformError("listen at", path, isBound ? later : code)
    }
    return PrivateSocket(
      path: name, descriptor: made, device: facts.st_dev, inode: facts.st_ino)
  }

  /// Gives it its name, unless somebody listens there.
  private func move(to path: String, in place: Int32) throws(PlatformError) {
    if Disk.link(AT_FDCWD, self.path, path, self.path, path) == 0 {
      remove()
      return
    }
    guard errno == EEXIST else { throw PlatformError("listen at", path, errno) }
    // Of two that find a leftover the second would take the place of the first.
    guard flock(place, LOCK_EX | LOCK_NB) == 0 else {
      throw PlatformError("listen at", path, EADDRINUSE, why: "another process begins to listen")
    }
    try Self.checkLeftover(path)
    if Disk.rename(AT_FDCWD, self.path, to: AT_FDCWD, path, self.path, path) != 0 {
      throw PlatformError("listen at", path, errno)
    }
  }

  /// Removes it from its directory, unless something else stands in its place.
  ///
  /// Nobody is told of a leftover: the next server makes room for itself.
  package func remove() {
    var facts = stat()
    guard lstat(path, &facts) == 0, facts.st_dev == device, facts.st_ino == inode else { return }
    _ = Disk.remove(AT_FDCWD, path, path)
  }

  /// - Throws: for all but a socket that nobody listens at.
  private static func checkLeftover(_ path: String) throws(PlatformError) {
    var facts = stat()
    guard lstat(path, &facts) == 0 else { return }
    guard facts.st_mode & S_IFMT == S_IFSOCK else {
      throw PlatformError("listen at", path, EEXIST, why: "there is a file that is no socket")
    }
    guard var address = address(path) else { throw PlatformError("listen at", path, ENAMETOOLONG) }
    let probe = stream()
    if probe < 0 { throw PlatformError("listen at", path, errno) }
    defer { close(probe) }
    // Any other answer, as of a listener whose queue is full, may be somebody's.
    guard call(&address, { connect(probe, $0, $1) }) != 0, errno == ECONNREFUSED else {
      throw PlatformError("listen at", path, EADDRINUSE)
    }
  }

  private static func stream() -> Int32 {
    socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  }

  /// Nil: the path is too long for one.
  private static func address(_ path: String) -> sockaddr_un? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return address
  }

  private static func call(
    _ address: inout sockaddr_un, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}

extension Host {
  /// Descriptors that this process may have open.
  package static var openFileLimit: Int {
    let limit = sysconf(Int32(_SC_OPEN_MAX))
    return limit > 0 ? limit : 1024
  }
}
