// What the files of workers of earlier versions mean, and the one form that today's are written in.
import FoundationEssentials
import SymphonyCore
import Testing

@Suite struct OlderFileTests {
  private func read<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text.utf8))
  }

  private func written(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// 2026-11-29T01:05:14Z.
  private static let reset = Timestamp(milliseconds: 1_795_914_314_000)

  @Test(arguments: [
    (OlderFiles.limited, Failure.limited(until: reset)),
    (OlderFiles.limitedWithoutReset, .limited(until: nil)), (OlderFiles.transient, .transient),
    (OlderFiles.operatorHasToAct, .operator), (OlderFiles.ownBudget, .budget(.run)),
    (OlderFiles.runBudget, .budget(.run)), (OlderFiles.itemBudget, .budget(.item)),
    (OlderFiles.dayBudget, .budget(.day)), (OlderFiles.contextOverflow, .contextOverflow),
    (OlderFiles.misconfigured, .misconfigured), (OlderFiles.agentFailed, .agent),
    (OlderFiles.hookFailed, nil), (OlderFiles.succeeded, nil),
  ])
  func aResultOfAnOlderWorkerMeansTheSame(_ text: String, _ failure: Failure?) throws {
    let result = try read(RunResult.self, text)
    #expect(result.failure == failure)
    #expect(result.fenced && result.baseBranch == "main")
    #expect(try read(RunResult.self, try written(result)) == result)
  }

  /// The versions before those named no failure: its facts alone told it.
  @Test(arguments: [
    (#""permanent":true"#, Failure.misconfigured),
    (#""limitedUntil":1795914314000"#, .limited(until: reset)),
    (#""permanent":false"#, nil),
  ])
  func aResultThatNamesNoFailureIsReadByItsFacts(_ facts: String, _ failure: Failure?) throws {
    let text = OlderFiles.agentFailed.replacing(#""failure":"agent""#, with: facts)
    #expect(text.contains(facts))
    #expect(try read(RunResult.self, text).failure == failure)
  }

  @Test func theRestOfAnOlderResultIsRead() throws {
    let result = try read(RunResult.self, OlderFiles.itemBudget)
    #expect(result.session == SessionRef(id: "s-1"))
    #expect(result.spent.map(\.model) == ["m"] && result.usage.costUSD == 0.5)
    #expect(result.code == "item_budget_exhausted" && result.turns == 1)
    #expect(!result.isUnfinished && !result.lostSession && result.kept.isEmpty)
    let ended = try read(RunResult.self, OlderFiles.succeeded)
    #expect(ended.push == .pushed(head: "0f187b707cb1bd904e0c660322416bb9398e95d2"))
    #expect(ended.commitsAhead == 1 && ended.madeProgress && ended.message == "done")
    let told = OlderFiles.succeeded.replacing(
      #""wantsContinuation":false"#,
      with: #""endsUnfinished":true,"deniedTools":["a"],"notedTroubles":["b"],"#
        + #""keptCommits":["c"],"resumeFailed":true,"sessionIsLost":true,"wantsContinuation":false"#
    )
    let full = try read(RunResult.self, told)
    #expect(full.isUnfinished && full.resumedInVain && full.lostSession)
    #expect(full.denied == ["a"] && full.remarks == ["b"] && full.kept == ["c"])
    #expect(try read(RunResult.self, try written(full)) == full)
  }

  @Test(arguments: [
    (OlderFiles.limitedProgress, Failure.limited(until: reset)),
    (OlderFiles.limitedProgressWithoutReset, .limited(until: nil)),
    (OlderFiles.servedProgress, nil),
  ])
  func theProgressOfAnOlderWorkerMeansTheSame(_ text: String, _ failure: Failure?) throws {
    let progress = try read(RunProgress.self, text)
    #expect(progress.failure == failure)
    #expect(progress.turn == 1 && progress.phase == .finishing)
    #expect(try read(RunProgress.self, try written(progress)) == progress)
  }

  /// Only a run that failed has a failure: nothing else that an end says is looked at as one.
  @Test func aRunThatDidNotFailHasNone() throws {
    let text = OlderFiles.limited.replacing(#""outcome":"failed""#, with: #""outcome":"cancelled""#)
    #expect(try read(RunResult.self, text).failure == nil)
  }

  @Test func aFailureNobodyWroteIsDamage() {
    let text = OlderFiles.transient.replacing(
      #""failure":"transient""#, with: #""failure":"worse""#)
    #expect(throws: DecodingError.self) { try read(RunResult.self, text) }
  }

  @Test(arguments: [
    (Failure.transient, #"{"kind":"transient"}"#),
    (.limited(until: reset), #"{"kind":"limited","until":1795914314000}"#),
    (.limited(until: nil), #"{"kind":"limited"}"#), (.operator, #"{"kind":"operator"}"#),
    (.budget(.run), #"{"kind":"budget","scope":"run"}"#),
    (.budget(.item), #"{"kind":"budget","scope":"item"}"#),
    (.budget(.day), #"{"kind":"budget","scope":"day"}"#),
    (.contextOverflow, #"{"kind":"context_overflow"}"#),
    (.misconfigured, #"{"kind":"misconfigured"}"#), (.agent, #"{"kind":"agent"}"#),
  ])
  func theFormOfAFailureIsItsOwn(_ failure: Failure, _ text: String) throws {
    #expect(try written(failure) == text)
    #expect(try read(Failure.self, text) == failure)
    #expect(Failure(failure.kind, until: failure.until).kind == failure.kind)
  }
}
