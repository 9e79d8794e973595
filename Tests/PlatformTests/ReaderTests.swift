// Whether somebody still reads a pipe: known without writing to it, and as soon as it is so.
import Glibc
import SymphonyPlatform
import Testing

@Suite struct ReaderTests {
  @Test func aReaderThatLeavesIsNoticedWhileNothingIsWritten() async throws {
    var ends: [Int32] = [-1, -1]
    #expect(pipe(&ends) == 0)
    let (reader, writer) = (ends[0], ends[1])
    #expect(Platform.isRead(writer) && Platform.isRead(writer, forMilliseconds: 1))
    close(reader)
    let before = Clock.monotonicMilliseconds()
    #expect(!Platform.isRead(writer, forMilliseconds: 3_600_000))
    #expect(Clock.monotonicMilliseconds() - before < 3_600_000)
    close(writer)
  }
}
