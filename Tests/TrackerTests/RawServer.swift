// A server that answers with given bytes and hangs up when it likes: for what no HTTP library would
// do.
import Glibc
import SymphonyCore
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
      _ = Self.head(connection)
      _ = write(connection, bytes, bytes.count)
      close(connection)
    }
  }

  /// Answers a `GET` that comes first on its connection, and leaves the connection open; hangs up on
  /// every other request.
  ///
  /// Ends with the first request for `/end`.
  /// - Returns: the request lines, in their order.
  func answerFirst() async throws -> [String] {
    let listener = listener
    return try await Blocking.run {
      var seen: [String] = []
      while seen.last?.contains(" /end ") != true {
        let connection = accept(listener, nil, nil)
        var isFirst = true
        while let line = Self.head(connection) {
          seen.append(line)
          guard isFirst, line.hasPrefix("GET ") else { break }
          isFirst = false
          let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8)
          _ = write(connection, answer, answer.count)
          if line.contains(" /end ") { break }
        }
        close(connection)
      }
      return seen
    }
  }

  /// Reads a request whole; nil: the connection ended.
  ///
  /// What is left unread when a connection is closed makes the kernel reset it.
  /// - Returns: the request line.
  private static func head(_ connection: Int32) -> String? {
    var head: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !isWhole(head) {
      let count = read(connection, &buffer, buffer.count)
      if count <= 0 { return nil }
      head += buffer.prefix(count)
    }
    return String(decoding: head.prefix { $0 != 0x0D }, as: UTF8.self)
  }

  private static func isWhole(_ bytes: [UInt8]) -> Bool {
    let parts = String(decoding: bytes, as: UTF8.self).split(
      separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return false }
    let length = parts[0].split(separator: "\r\n").first {
      $0.lowercased().hasPrefix("content-length:")
    }
    let wanted = length.flatMap { Int($0.dropFirst(15).trimmingWhitespace()) } ?? 0
    return parts[1].utf8.count >= wanted
  }
}
