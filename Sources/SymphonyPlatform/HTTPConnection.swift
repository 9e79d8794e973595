// One HTTP exchange on the machine's own libcurl, as values: CurlTransport, which owns the
// connections, is the one caller. It knows the C interface and nothing of GitHub; what an error
// means for people is said in TransportFailure.
import CSymphonyPlatform

/// A libcurl handle with its open connections; one thread at a time may use it.
package struct HTTPConnection {
  package struct Request {
    package var method: String
    package var url: String
    /// Names are tokens and values have no control characters: the caller has looked.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]?
    /// `http://host:port`; nil: none, whatever the environment says.
    package var proxy: String?
    /// `name:password` for the proxy.
    package var proxyUser: String?
    /// A file of certificates to trust; nil: the machine's own.
    package var trust: String?
    package var timeoutMilliseconds: Int64
    package var connectMilliseconds: Int64
    /// Bytes of the answer's head, and of its unpacked body.
    package var headLimit: Int
    package var bodyLimit: Int
    /// Only the last bytes of the body are kept, so many; nil: all of them.
    package var bodyTail: Int?
    /// A connection of its own, so that libcurl never sends it twice.
    package var isAlone: Bool
    package init(
      method: String, url: String, headers: [(name: String, value: String)], body: [UInt8]?,
      timeoutMilliseconds: Int64, connectMilliseconds: Int64, headLimit: Int, bodyLimit: Int,
      isAlone: Bool
    ) {
      self.method = method
      self.url = url
      self.headers = headers
      self.body = body
      self.timeoutMilliseconds = timeoutMilliseconds
      self.connectMilliseconds = connectMilliseconds
      self.headLimit = headLimit
      self.bodyLimit = bodyLimit
      self.isAlone = isAlone
    }
  }

  package struct Answer {
    /// A CURLcode (libcurl-errors(3)); 0: the rest is the server's answer.
    package var code: Int
    package var status: Int
    /// The status of a proxy's answer to CONNECT; 0: none.
    package var connectStatus: Int
    /// `errno` of a connection that failed; 0: none.
    package var systemError: Int32
    /// The lines of the head, without their ends.
    package var head: [String]
    package var body: [UInt8]
    package var isTooLarge: Bool
    /// libcurl's own words; they may quote what the server said.
    package var words: String
  }

  private let handle: UnsafeMutableRawPointer

  /// Nil: this machine has no libcurl.
  package init?() {
    guard let handle = sy_http_open() else { return nil }
    self.handle = handle
  }

  /// Ends the connections; it is not to be used afterwards.
  package func close() { sy_http_close(handle) }

  /// Blocks until there is an answer, or none in time.
  package func send(_ request: Request) -> Answer {
    let name = "\(request.method) \(request.url)"
    if let number = FaultPoint.request.reach(name) { return Answer(lost: number, sent: false) }
    let answer = exchange(request)
    if let number = FaultPoint.answer.reach(name) { return Answer(lost: number, sent: true) }
    return answer
  }

  private func exchange(_ request: Request) -> Answer {
    var texts = CTexts()
    defer { texts.free() }
    var wanted = sy_http_request()
    wanted.method = texts.add(request.method)
    wanted.url = texts.add(request.url)
    wanted.proxy = request.proxy.flatMap { texts.add($0) }
    wanted.proxy_user = request.proxyUser.flatMap { texts.add($0) }
    wanted.trust = request.trust.flatMap { texts.add($0) }
    wanted.milliseconds = Int(request.timeoutMilliseconds)
    wanted.connect_milliseconds = Int(request.connectMilliseconds)
    wanted.head_limit = request.headLimit
    wanted.body_limit = request.bodyLimit
    wanted.body_tail = request.bodyTail ?? 0
    wanted.is_alone = request.isAlone ? 1 : 0
    let lines = Self.lines(request).map { texts.add($0) }
    wanted.header_count = lines.count
    var answer = sy_http_answer()
    lines.withUnsafeBufferPointer { lines in
      wanted.headers = lines.baseAddress
      (request.body ?? []).withUnsafeBytes { body in
        // An empty body is a body: its address may be none.
        wanted.body = request.body == nil ? nil : body.baseAddress ?? UnsafeRawPointer(handle)
        wanted.body_length = body.count
        sy_http_send(handle, &wanted, &answer)
      }
    }
    defer { sy_http_free(&answer) }
    return Answer(answer)
  }

  /// `Name: value` each, and `Name:` for what libcurl would send by itself.
  private static func lines(_ request: Request) -> [String] {
    let given = Set(request.headers.map { $0.name.lowercased() })
    let unwanted = ["Expect", "Accept", "Content-Type"].filter { !given.contains($0.lowercased()) }
    // libcurl's word for a header without a value ends in a semicolon.
    return request.headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
      + unwanted.map { "\($0):" }
  }
}

extension HTTPConnection.Answer {
  /// None: the connection failed with `number`, before or after the server had the request.
  fileprivate init(lost number: Int32, sent: Bool) {
    // CURLE_RECV_ERROR and CURLE_COULDNT_CONNECT of libcurl-errors(3).
    (code, systemError) = (sent ? 56 : 7, number)
    (status, connectStatus, head, body, isTooLarge) = (0, 0, [], [], false)
    words = PlatformError("connect", "", number).description
  }

  fileprivate init(_ answer: sy_http_answer) {
    func bytes(_ bytes: sy_bytes) -> [UInt8] {
      Array(UnsafeBufferPointer(start: bytes.start, count: bytes.length))
    }
    code = Int(answer.code)
    status = answer.status
    connectStatus = answer.connect_status
    systemError = Int32(truncatingIfNeeded: answer.os_error)
    head = String(decoding: bytes(answer.head), as: UTF8.self).unicodeScalars
      .split { $0 == "\n" || $0 == "\r" }.map { String($0) }
    body = bytes(answer.body)
    isTooLarge = answer.is_too_large != 0
    words = withUnsafeBytes(of: answer.words) { words in
      String(decoding: words.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}

/// Texts for a C function, which ends with all of them.
private struct CTexts {
  private var copies: [UnsafeMutablePointer<CChar>] = []

  mutating func add(_ text: String) -> UnsafePointer<CChar>? {
    let bytes = text.utf8CString
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
    for (index, byte) in bytes.enumerated() { copy[index] = byte }
    copies.append(copy)
    return UnsafePointer(copy)
  }

  /// A password among them does not stay in memory that is given back.
  mutating func free() {
    for copy in copies {
      var byte = copy
      while byte.pointee != 0 {
        byte.pointee = 0
        byte += 1
      }
      copy.deallocate()
    }
    copies = []
  }
}
