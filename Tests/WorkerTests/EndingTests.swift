// Every way an agent can end, with something it has put in a session of its own: afterwards nothing
// of the run is alive. Also the limits that end it, which run on the monotonic clock.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

/// One way to end, and what the result says then.
struct Way: Sendable, CustomTestStringConvertible {
  var name: String
  var script: String
  var outcome: Outcome
  var code: String
  var change: @Sendable (inout RunSpec) -> Void = { _ in }
  var testDescription: String { name }

  static let forEver = "while :; do sleep 0.05; done"
  /// A second passes on a stopped clock.
  static let second = "printf . >> late"
  /// One after the other: what the worker hears late is followed by time as well.
  static let seconds = "while :; do \(second); sleep 0.05; done"

  static let all = [
    Way(name: "success", script: "exit 0", outcome: .succeeded, code: ""),
    Way(name: "failure", script: "exit 3", outcome: .failed, code: "agent_failed"),
    Way(name: "killed by itself", script: "kill -KILL $$", outcome: .failed, code: "agent_failed"),
    Way(
      name: "terminated at its turn's end", script: seconds, outcome: .timedOut,
      code: "turn_timeout", change: { $0.agent.turnTimeout = .milliseconds(900) }),
    Way(
      name: "killed at its turn's end", script: "trap '' TERM INT; \(seconds)",
      outcome: .timedOut, code: "turn_timeout",
      change: { $0.agent.turnTimeout = .milliseconds(900) }),
    Way(
      name: "run timeout", script: seconds, outcome: .timedOut,
      code: "run_timeout", change: { $0.agent.maxRun = .milliseconds(900) }),
    Way(
      name: "stall", script: seconds, outcome: .stalled, code: "agent_stalled",
      change: { $0.agent.stallTimeout = .milliseconds(900) }),
    Way(
      name: "budget", script: "echo usage 1 1 2; \(forEver)", outcome: .failed,
      code: "item_budget_exhausted",
      change: { $0.budget = RunBudget(costUSD: 2, scope: .item, tokens: nil) }),
    Way(
      name: "given up", script: "echo abandon; \(forEver)", outcome: .failed, code: "agent_failed"),
    Way(
      name: "cancelled", script: "touch stop; \(forEver)", outcome: .cancelled, code: ""),
  ]
}

@Suite(.ownThreads) struct EndingTests {
  private static let places: [SandboxPolicy.Kind] =
    Sandbox.problem(environment: Host.environment) == nil ? [.none, .bubblewrap] : [.none]

  @Test(arguments: Way.all, places)
  func nothingOfTheRunIsLeft(way: Way, place: SandboxPolicy.Kind) throws {
    let yard = try WorkerYard()
    let up = yard.workspace + "/up"
    let stop = yard.workspace + "/stop"
    yard.seams.signal = { Files.exists(stop) ? Signals.terminate : nil }
    yard.stopClock()
    // `perform` looks for the marker when the worker is done.
    let result = try yard.perform(
      """
      setsid nohup sh -c 'touch up; exec sleep 600' > /dev/null 2>&1 &
      while ! test -e up; do sleep 0.01; done
      \(commitScript)
      \(way.script)
      """
    ) {
      $0.agent.sandbox.kind = place
      way.change(&$0)
    }
    #expect(result.outcome == way.outcome, "\(result.summary)")
    #expect(result.code == way.code)
    #expect(Files.exists(up))
    #expect(result.commitsAhead >= 1)
    if way.outcome == .cancelled {
      #expect(try yard.remoteTip() == yard.remoteTip("main"))
    } else {
      #expect(result.push == .pushed(head: try yard.remoteTip()))
    }
  }

  @Test func wordsOnStandardErrorAreALifeSignToo() throws {
    let yard = try WorkerYard()
    yard.stopClock()
    let result = try yard.perform(
      "for i in 1 2 3 4 5 6; do echo x >&2; \(Way.second); sleep 0.3; done; \(commitScript)"
    ) { $0.agent.stallTimeout = .milliseconds(3500) }
    #expect(result.outcome == .succeeded, "\(result.summary)")
    let silence = "for i in 1 2 3 4; do \(Way.second); sleep 0.1; done"
    let off = try yard.perform("\(silence); \(commitScript)") { $0.agent.stallTimeout = .zero }
    #expect(off.outcome == .succeeded)
    let cut = try yard.perform("\(Way.seconds)") {
      $0.agent.stallTimeout = .milliseconds(3500)
    }
    #expect(cut.code == "agent_stalled")
  }

  @Test func theRunsLimitHoldsBetweenTurnsToo() throws {
    let yard = try WorkerYard()
    yard.stopClock()
    let result = try yard.perform(
      "echo $TURN >> $YARD/turns; \(commitScript); echo SYMPHONY: continue"
    ) {
      $0.agent.maxRun = .milliseconds(900)
      $0.hooks.scripts["after_turn"] = Way.second
    }
    #expect(result.code == "run_timeout")
    #expect(result.outcome == .timedOut)
    #expect(result.turns == 1)
    #expect(yard.text("turns") == "1\n")
    #expect(result.push == .pushed(head: try yard.remoteTip()))
  }

  @Test func theAgentGetsTheSignalItUnderstandsAndIsHeard() throws {
    let yard = try WorkerYard()
    yard.agent.stopSignal = .interrupt
    yard.stopClock()
    let result = try yard.perform(
      "trap 'echo usage 7 0 0.1; echo session late; exit 0' INT; \(Way.seconds)"
    ) { $0.agent.turnTimeout = .milliseconds(900) }
    #expect(result.code == "turn_timeout")
    #expect(result.usage.inputTokens == 7)
    #expect(result.session?.id == "late")
  }
}
