// Words that metrics tell from the beginning, against the program that counts them.
import SymphonyReport
import SymphonyTick
import Testing

@Suite struct MetricsWordsTests {
  /// Without the lock, or without a place, a tick counts nothing.
  @Test func everyEndOfATickIsTold() {
    let words = (0...100).compactMap(ExitCode.init(rawValue:)).map(\.word)
    #expect(Set(MetricsReport.tickOutcomes) == Set(words).subtracting(["usage", "locked"]))
  }
}
