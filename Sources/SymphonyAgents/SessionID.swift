// Which words of an agent can be the id of a session: it is stored, printed, handed back in a
// variable or as a word of the next command line, and whoever writes the lines may be no agent at
// all. Asked by every reader; an id that cannot be one is passed over as if the line named none.

enum SessionID {
  /// Printable ASCII without spaces, at most 256 bytes.
  static func isUsable(_ id: String) -> Bool {
    (1...256).contains(id.utf8.count) && id.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }
}
