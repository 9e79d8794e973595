// Makes an input that breaks a promise short enough to be understood: pieces of it are left out, from
// large to small, for as long as it breaks one (Zeller, Hildebrandt 2002). What kills the process is
// shortened by libFuzzer (`make fuzz TARGET=... SHORTEN=FILE`).

package enum Shortener {
  /// Inputs tried at most.
  private static let patience = 3000

  package static func shortest(_ input: [UInt8], breaks: ([UInt8]) -> Bool) -> [UInt8] {
    var (kept, size, tried) = (input, max(1, input.count / 2), 0)
    while tried < patience {
      var start = 0
      var isShorter = false
      while start < kept.count, tried < patience {
        var rest = kept
        rest.removeSubrange(start..<min(start + size, kept.count))
        tried += 1
        if breaks(rest) {
          kept = rest
          isShorter = true
        } else {
          start += size
        }
      }
      if size == 1, !isShorter { break }
      size = max(1, size / 2)
    }
    return kept
  }

  /// The bytes as a Swift literal: printable ASCII as it is, the rest in hexadecimal.
  package static func written(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
      switch byte {
      case UInt8(ascii: "\\"): return "\\\\"
      case UInt8(ascii: "\""): return "\\\""
      case UInt8(ascii: "\n"): return "\\n"
      case 0x20..<0x7F: return String(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16)
        return "\\x" + (digits.count < 2 ? "0" : "") + digits
      }
    }.joined()
  }
}
