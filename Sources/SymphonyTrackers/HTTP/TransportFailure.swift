// Why an exchange failed, in words for people: libcurl says it as a number. The proxy the request
// went through is named with every failure, because it is the first suspect. CurlTransport calls
// it; what a failure means for a tick is decided above.
import Glibc
import SymphonyPlatform

enum TransportFailure {
  static let noLibrary =
    "this machine has no libcurl.so.4, with which git reaches https as well: install libcurl"
  /// The words do not quote the header, and with it the token.
  static let badHeader =
    "a header cannot be sent: the token or the version holds a character no header may"

  /// The error that an answer stands for; nil: it is the server's answer.
  ///
  /// `time`: milliseconds it took.
  static func of(
    _ answer: HTTPConnection.Answer, to request: HTTPTransportRequest, after time: Int64,
    limit: Int, proxy: ProxyChoice?
  ) -> TransportError? {
    if answer.isTooLarge { return .tooLarge(limit: limit) }
    let isTime = answer.code == Code.time
    if isTime, time >= request.timeoutMilliseconds {
      return timeOut(afterMilliseconds: request.timeoutMilliseconds, proxy: proxy)
    }
    guard let words = words(answer, proxy) else { return nil }
    return .failed(words + through(proxy))
  }

  private static func timeOut(afterMilliseconds time: Int64, proxy: ProxyChoice?) -> TransportError
  {
    let error = TransportError.timedOut(afterMilliseconds: time)
    return proxy == nil ? error : .failed(error.sentence + through(proxy))
  }

  /// Host and port only: a proxy's address may carry a password.
  private static func through(_ proxy: ProxyChoice?) -> String {
    proxy.map { " (through the proxy \($0.host):\($0.port))" } ?? ""
  }

  private static func words(_ answer: HTTPConnection.Answer, _ proxy: ProxyChoice?) -> String? {
    if let proxy {
      let isPassword = answer.connectStatus == 407 || answer.code == 0 && answer.status == 407
      if isPassword {
        return "the proxy wants a password (\(proxy.variable)=http://name:password@host:port)"
      }
      if answer.code != 0, answer.connectStatus != 0, answer.connectStatus / 100 != 2 {
        return "the proxy refused the connection, see \(proxy.variable)"
      }
    }
    if answer.code == 0 { return nil }
    return meaning(answer) ?? "libcurl says (\(answer.code)): \(String(answer.words.prefix(200)))"
  }

  private static func meaning(_ answer: HTTPConnection.Answer) -> String? {
    let isAnswered = !answer.head.isEmpty
    switch answer.code {
    case Code.time: return "no connection in time"
    case Code.host, Code.proxyHost: return "no such host"
    case Code.connection: return refusal(answer.systemError)
    case Code.part: return "the answer was cut short"
    case Code.nothing: return "the server closed the connection without an answer"
    case Code.receiving, Code.sending:
      if isAnswered { return "the answer was cut short" }
      return answer.systemError == ECONNRESET || answer.systemError == EPIPE
        ? "the connection was reset" : "the connection was lost"
    case Code.packing: return "the answer cannot be unpacked"
    case Code.certificate:
      return answer.words.contains("target host name")
        ? "the server's certificate is for another host"
        : "the server's certificate is not trusted (see SSL_CERT_FILE)"
    case Code.trust: return "the certificates in SSL_CERT_FILE cannot be read"
    case Code.handshake: return "the server does not speak TLS at this port, or none that we do"
    default: return nil
    }
  }

  private static func refusal(_ code: Int32) -> String {
    switch code {
    case ECONNREFUSED: "connection refused"
    case ENETUNREACH, EHOSTUNREACH: "the network does not reach it"
    default: "cannot connect"
    }
  }

  /// Of libcurl-errors(3).
  private enum Code {
    static let proxyHost = 5
    static let host = 6
    static let connection = 7
    static let part = 18
    static let time = 28
    static let handshake = 35
    static let nothing = 52
    static let sending = 55
    static let receiving = 56
    static let certificate = 60
    static let packing = 61
    static let trust = 77
  }
}
