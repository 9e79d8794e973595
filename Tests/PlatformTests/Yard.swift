// What the platform's tests share: a directory that vanishes afterwards, with a file outside of the
// place under attack whose text and rights show whether anything got out.
import Glibc
import SymphonyPlatform
import Testing

final class Yard {
  let path: String
  /// Where an enemy may write.
  let place: String
  /// What nobody may touch by way of `place`.
  let outside: String

  init() throws {
    path = Files.join(
      Host.environment["TMPDIR"] ?? "/tmp", "symphony-platform-\(Host.randomHex(bytes: 8))")
    place = Files.join(path, "place")
    outside = Files.join(path, "outside")
    try Files.makeDirectories(place)
    try Files.makeDirectory(outside)
    try Files.writeAtomically(victim, "the operator's\n", mode: 0o640)
  }
  deinit { try? Files.removeTree(path) }

  var victim: String { Files.join(outside, "victim") }
  /// The victim is as it was, and nothing lies beside it.
  var isUntouched: Bool {
    (try? Files.readText(victim)) == "the operator's\n" && Files.permissions(victim) == 0o640
      && (try? Files.list(outside)) == ["victim"] && Files.permissions(outside) == 0o700
  }

  func inPlace(_ name: String) -> String { Files.join(place, name) }
  func link(_ name: String, to target: String) { #expect(symlink(target, inPlace(name)) == 0) }
  func pipe(_ name: String) { #expect(mkfifo(inPlace(name), 0o600) == 0) }
}

/// The number of the error that is thrown; 0 when none is.
func number(_ body: () throws(PlatformError) -> Void) -> Int32 {
  do throws(PlatformError) { try body() } catch { return error.errno }
  return 0
}
