// Whether a host's name is this machine's: what travels there needs no encryption. The checks of
// WORKFLOW.md and of what servers name ask here, so that both mean the same. Names are not looked
// up: what resolves to this machine today may be another one tomorrow.

package enum HostName {
  /// `localhost`, `::1` (without brackets) and `127.0.0.0/8` in full; `127.evil.test` is a name
  /// like any other.
  package static func isLoopback(_ host: String) -> Bool {
    if host == "localhost" || host == "::1" { return true }
    let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
    return numbers.count == 4 && numbers[0] == "127"
      && numbers.allSatisfy { number in
        (1...3).contains(number.utf8.count) && number.utf8.allSatisfy { (48...57).contains($0) }
          && UInt8(number) != nil
      }
  }
}
