// A server that answers one connection with given bytes and hangs up: for answers that no HTTP
// library would send.
import Glibc
import SymphonyTestSupport

final class RawServer: Sendable {
  private let listener: Int32
  let port: Int

  init() throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isOpen = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && listen(listener, 5) == 0
          && getsockname(listener, $0, &size) == 0
      }
    }
    guard isOpen else {
      close(listener)
      throw Failed()
    }
    self.listener = listener
    port = Int(UInt16(bigEndian: address.sin_port))
  }
  deinit { close(listener) }

  struct Failed: Error {}

  /// Waits for a request, answers it with these bytes, and closes the connection.
  func answer(_ bytes: [UInt8]) async throws {
    let listener = listener
    try await Blocking.run {
      let connection = accept(listener, nil, nil)
      var head: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 4096)
      while !String(decoding: head, as: UTF8.self).contains("\r\n\r\n") {
        let count = read(connection, &buffer, buffer.count)
        if count <= 0 { break }
        head += buffer.prefix(count)
      }
      _ = write(connection, bytes, bytes.count)
      close(connection)
    }
  }
}
