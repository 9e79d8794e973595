// Every code of SQLite and of the file system that a person can meet, and the error it becomes. The
// numbers are those of sqlite3.h and errno(3), written out, because a table that is derived from
// the code under test proves nothing.
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyStore

@Suite struct DiagnosisTests {
  /// Codes of sqlite3.h (extended ones are code | n << 8), as `classify` would see them.
  @Test(arguments: [
    (5, true, false, "state_locked"), (5 | 2 << 8, true, false, "state_locked"),
    (6, true, false, "state_locked"), (13, true, false, "state_disk_full"),
    (8, true, false, "state_read_only"), (8 | 6 << 8, true, false, "state_read_only"),
    (8 | 4 << 8, true, false, "state_failed"), (11, true, false, "state_corrupt"),
    (26, true, false, "state_corrupt"), (10 | 33 << 8, true, false, "state_corrupt"),
    (14, false, false, "state_read_only"), (14, true, true, "state_disk_full"),
    (14, true, false, "state_failed"), (10 | 19 << 8, true, true, "state_disk_full"),
    (10 | 3 << 8, true, false, "state_failed"), (19, true, false, "state_failed"),
  ])
  func ofSQLite(code: Int, writable: Bool, full: Bool, expected: String) {
    let error = Diagnosis.classify(
      Int32(code), "message", path: "/s/symphony.db", writable: writable,
      full: full)
    #expect(error.code == expected)
    #expect(error.sentence.contains("/s/symphony.db"))
  }

  /// Numbers of errno(3) on Linux.
  @Test(
    arguments: [
      (28, "state_disk_full"), (122, "state_disk_full"), (13, "state_read_only"),
      (1, "state_read_only"), (30, "state_read_only"), (20, "state_read_only"), (5, "state_failed"),
    ] as [(Int32, String)])
  func ofTheFileSystem(number: Int32, expected: String) {
    let error = Diagnosis.storeError(PlatformError("write", "/s/x", number))
    #expect(error.code == expected)
    #expect(error.sentence.contains("/s/x"))
  }
}
