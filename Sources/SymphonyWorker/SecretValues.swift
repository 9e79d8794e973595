// The secrets that a worker knows by their values: git's token, what WORKFLOW.md takes secrets
// from, and every variable of the tick whose name says what it is, such as the key of an agent's
// provider. An agent may print any of them; nothing of that is recorded.
import SymphonyCore
import SymphonyPlatform

enum SecretValues {
  /// `environment`: the worker's own.
  static func all(
    _ policy: AgentPolicy, _ environment: [String: String], token: Secret?
  ) -> [String] {
    let named = policy.secretVariables.compactMap { environment[$0] }
    let told = environment.filter { saysSecret($0.key) && isUncommon($0.value) }.map(\.value)
    let values = (token.map { [$0.reveal()] } ?? []) + named + told
    // Of a key in many lines an agent may print one.
    let lines = values.flatMap { value in
      let lines = value.splitLines()
      return lines.count > 1 ? lines.filter(isTelling) : []
    }
    return (values + lines.map(String.init)).filter { !isPath($0) }
  }

  /// By the last word of the name: GIT_AUTHOR_NAME and SSH_AUTH_SOCK hold none.
  static func saysSecret(_ name: String) -> Bool {
    let word = name.uppercased().split(separator: "_").last.map(String.init) ?? ""
    return [
      "TOKEN", "SECRET", "KEY", "APIKEY", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL",
      "CREDENTIALS", "PAT",
    ].contains(word)
  }

  /// A word of the language must not vanish from every text because a variable holds it.
  private static func isUncommon(_ value: some StringProtocol) -> Bool {
    value.unicodeScalars.contains { ("0"..."9").contains($0) }
  }

  private static func isTelling(_ line: Substring) -> Bool {
    line.utf8.count >= 16 && isUncommon(line) && !line.hasPrefix("-----")
  }

  private static func isPath(_ value: String) -> Bool {
    value.hasPrefix("/") && Files.exists(value)
  }
}

/// Secrets in files that an agent wrote itself, overwritten where they stand.
///
/// Every byte keeps its place: whoever follows the file reads on.
struct OutputMask {
  let search: SecretSearch
  /// Bytes that are looked at at once, and of them those that the next look sees again.
  private static let (piece, overlap) = (1 << 20, 16 << 10)

  /// Called when nobody writes to it any more.
  func apply(to path: String) throws(PlatformError) {
    var offset: Int64 = 0
    while true {
      let found = try Files.piece(path, from: offset, limit: Self.piece)
      if found.bytes.isEmpty { return }
      for range in search.ranges(in: found.bytes) {
        try Files.overwrite(
          path, at: found.offset + Int64(range.lowerBound),
          Array(repeating: UInt8(ascii: "*"), count: range.count))
      }
      let end = found.offset + Int64(found.bytes.count)
      if end >= found.size { return }
      // A hole follows, or more of the same.
      offset = found.bytes.count == Self.piece ? end - Int64(Self.overlap) : end
    }
  }
}
