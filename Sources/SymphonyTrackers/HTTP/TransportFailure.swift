// Why an exchange failed, in words for people: libraries describe their errors as Swift values. The
// proxy the request went through is named with every failure, because it is the first suspect.
// AsyncHTTPTransport calls it; what a failure means for a tick is decided above.
import AsyncHTTPClient
import NIOCore
import NIOHTTPCompression

enum TransportFailure {
  /// The error in words; `hadHead` says that the answer's head had arrived.
  static func make(
    _ error: any Error, request: HTTPTransportRequest, limit: Int, hadHead: Bool,
    proxy: ProxyChoice?
  ) -> TransportError {
    if error is NIOTooManyBytesError { return .tooLarge(limit: limit) }
    if case NIOHTTPDecompression.DecompressionError.limit = error { return .tooLarge(limit: limit) }
    if let error = error as? HTTPClientError, error == .deadlineExceeded {
      return timeOut(afterMilliseconds: request.timeoutMilliseconds, proxy: proxy)
    }
    let isPlain = request.url.lowercased().hasPrefix("http:")
    return .failed(
      describe(error, hadHead: hadHead, proxy: proxy, isPlain: isPlain) + through(proxy))
  }

  static func timeOut(afterMilliseconds time: Int64, proxy: ProxyChoice?) -> TransportError {
    let error = TransportError.timedOut(afterMilliseconds: time)
    return proxy == nil ? error : .failed(error.sentence + through(proxy))
  }

  /// Host and port only: a proxy's address may carry a password.
  private static func through(_ proxy: ProxyChoice?) -> String {
    proxy.map { " (through the proxy \($0.host):\($0.port))" } ?? ""
  }

  private static func describe(
    _ error: any Error, hadHead: Bool, proxy: ProxyChoice?, isPlain: Bool
  ) -> String {
    let text = String(describing: error)
    // The library's words quote the header, and with it the token.
    if text.contains("invalidHeaderField") {
      return "a header cannot be sent: the token or the version holds a character no header may"
    }
    let variable = proxy?.variable ?? "HTTPS_PROXY"
    if text.contains("invalidProxyResponse") {
      return "the proxy refused the connection, see \(variable)"
        + (isPlain ? "; for plain http as well it must allow CONNECT" : "")
    }
    if text.contains("proxyAuthenticationRequired") {
      return "the proxy wants a password (\(variable)=http://name:password@host:port)"
    }
    if text.contains("remoteConnectionClosed"), !hadHead {
      return "the server closed the connection without an answer"
    }
    if let known = words.first(where: { text.contains($0.part) }) { return known.words }
    if text.contains("NIOConnectionError") {
      return text.contains("dns") && text.contains("Optional") ? "no such host" : "cannot connect"
    }
    return String(text.prefix(200))
  }

  private static let cutShort = "the answer was cut short"
  private static let inTime = "no connection in time"

  /// Names of errors and their meaning; the first that occurs decides.
  private static let words: [(part: String, words: String)] = [
    ("Connection refused", "connection refused"), ("ECONNREFUSED", "connection refused"),
    ("UnknownHost", "no such host"), ("Connection reset", "the connection was reset"),
    ("ECONNRESET", "the connection was reset"),
    ("Broken pipe", "the connection was reset"), ("EPIPE", "the connection was reset"),
    ("truncatedData", cutShort), ("invalidEOFState", cutShort),
    ("stream ended at an unexpected time", cutShort), ("remoteConnectionClosed", cutShort),
    ("uncleanShutdown", cutShort), ("bodyLengthMismatch", cutShort),
    ("inflationError", "the answer cannot be unpacked"),
    ("invalidTrailingData", "the answer cannot be unpacked"),
    ("httpProxyHandshakeTimeout", "no answer of the proxy in time"),
    ("connectTimeout", inTime), ("tlsHandshakeTimeout", inTime),
    ("getConnectionFromPoolTimeout", inTime),
    ("readTimeout", "the server fell silent"), ("writeTimeout", "the server takes nothing"),
    ("CERTIFICATE_VERIFY_FAILED", "the server's certificate is not trusted (see SSL_CERT_FILE)"),
    ("failedToValidateHostname", "the server's certificate is for another host"),
    ("WRONG_VERSION_NUMBER", "the server does not speak TLS at this port"),
  ]
}
