// Has the tracker asked for those who ask the server why: one after the other, the same question
// once in a while, and for people without the token a few times a minute. Else whoever reaches the
// server could use up what GitHub lets this token ask.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyServer

actor WhyDesk {
  /// Milliseconds for which an answer serves all who ask the same.
  private static let freshness: Int64 = 10_000
  /// Questions a minute of people without the token, and questions that may wait.
  private static let perMinute = 20
  private static let mostWaiting = 8
  private static let mostKept = 64

  private struct Answered {
    var report: WhyReport
    var at: Int64
  }
  private var answers: [String: Answered] = [:]
  /// When people without the token had the tracker asked (CLOCK_MONOTONIC, milliseconds).
  private var asked: [Int64] = []
  private var isAsking = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// `key`: the same for the same question.
  /// - Throws: what `ask` throws, 429 for one too many in a minute, 503 when too many wait.
  func answer(
    _ key: String, isTrusted: Bool,
    _ ask: @Sendable () async throws(ServedProblem) -> WhyReport
  ) async throws(ServedProblem) -> WhyReport {
    if let report = fresh(key) { return report }
    if isAsking {
      guard waiting.count < Self.mostWaiting else {
        throw ServedProblem(503, "too many ask at once", hint: "ask again")
      }
      await withCheckedContinuation { waiting.append($0) }
    }
    isAsking = true
    defer { next() }
    // Whoever was before may have asked the same.
    if let report = fresh(key) { return report }
    if !isTrusted { try count() }
    let report = try await ask()
    if answers.count >= Self.mostKept { answers = [:] }
    answers[key] = Answered(report: report, at: Clock.monotonicMilliseconds())
    return report
  }

  /// What was answered may no longer be true.
  func forget() { answers = [:] }

  private func fresh(_ key: String) -> WhyReport? {
    guard let known = answers[key],
      Clock.monotonicMilliseconds() - known.at < Self.freshness
    else { return nil }
    return known.report
  }

  private func count() throws(ServedProblem) {
    let now = Clock.monotonicMilliseconds()
    asked.removeAll { now - $0 > 60_000 }
    guard asked.count < Self.perMinute else {
      throw ServedProblem(
        429, "the tracker was asked \(Self.perMinute) times within a minute",
        hint: "ask again in a minute, or send the server's token")
    }
    asked.append(now)
  }

  /// Lets the next one ask, which finds the desk taken for it.
  private func next() {
    if waiting.isEmpty { isAsking = false } else { waiting.removeFirst().resume() }
  }
}
