// The few things we need to know about a URL: scheme, host, port and path, and how to put text
// into one. Foundation's URL is left out on purpose (it is not in FoundationEssentials' cheap
// part). GitHubClient, OriginRemote and ProxyChoice call it; it never resolves relative
// references beyond an absolute path.
import SymphonyCore

struct WebAddress: Hashable, Sendable {
  var scheme: String
  /// The host in lower case, without brackets and user.
  var host: String
  /// The port; nil: the scheme's own.
  var port: Int?
  /// The path from the first slash on, query included; empty when there is none.
  var path: String
  /// The user, as `user:password` was written; nil when there is none.
  var user: String?

  /// Reads an address; nil also for one that readers of addresses take apart differently.
  ///
  /// Such are spaces, control characters, backslashes, brackets around anything but an IPv6
  /// address.
  init?(_ text: String) {
    let isPlain = text.unicodeScalars.allSatisfy {
      $0.value > 0x20 && $0 != "\\" && !(0x7F...0xA0).contains($0.value)
    }
    guard isPlain, let mark = text.firstRange(of: "://") else { return nil }
    scheme = text[..<mark.lowerBound].lowercased()
    let rest = text[mark.upperBound...]
    let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
    path = String(rest[end...])
    var authority = rest[..<end]
    if let at = authority.lastIndex(of: "@") {
      user = String(authority[..<at])
      authority = authority[authority.index(after: at)...]
    } else {
      user = nil
    }
    if authority.first == "[", let close = authority.firstIndex(of: "]") {
      host = authority[authority.index(after: authority.startIndex)..<close].lowercased()
      authority = authority[authority.index(after: close)...]
      guard host.contains(":"), authority.isEmpty || authority.first == ":" else { return nil }
    } else if let colon = authority.lastIndex(of: ":") {
      host = authority[..<colon].lowercased()
      authority = authority[colon...]
    } else {
      host = authority.lowercased()
      authority = ""
    }
    guard !host.contains("[") && !host.contains("]") else { return nil }
    port = nil
    if authority.first == ":", authority.count > 1 {
      guard let number = Int(authority.dropFirst()), (1...65535).contains(number) else {
        return nil
      }
      port = number
    }
    guard !scheme.isEmpty, !host.isEmpty else { return nil }
  }

  var effectivePort: Int { port ?? Self.port(of: scheme) }
  /// The usual port of a scheme's servers.
  static func port(of scheme: String) -> Int { scheme == "http" ? 80 : scheme == "ssh" ? 22 : 443 }
  var isLoopback: Bool { HostName.isLoopback(host) }
  /// `host` or `host:port`, brackets around an IPv6 address.
  var authority: String {
    let shown = host.contains(":") ? "[\(host)]" : host
    return port.map { "\(shown):\($0)" } ?? shown
  }
  /// `scheme://host[:port]/`: what git's credentials and our trust are scoped to.
  var origin: String { "\(scheme)://\(authority)/" }

  func isSameOrigin(as other: WebAddress) -> Bool {
    scheme == other.scheme && host == other.host && effectivePort == other.effectivePort
  }

  /// Percent-encodes everything outside RFC 3986's unreserved characters, slashes included.
  static func encode(_ text: String) -> String {
    var encoded = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        encoded.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        encoded += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return encoded
  }

  /// The text behind percent signs; invalid escapes stay as they are.
  static func decode(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let first = rest.popFirst() {
      if first == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(first)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
