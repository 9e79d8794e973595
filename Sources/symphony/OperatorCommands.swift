// Commands of an operator about issues: stop, retry, release. Each says what will come of its
// request and leaves it as a row, in a transaction of its own and without the tick's lock; the next
// tick carries it out.
import ArgumentParser
import SymphonyCore
import SymphonyReport
import SymphonyStore
import SymphonyTick

struct StopCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop", abstract: "End the runs of issues and park them, or stop everything.",
    discussion: """
      With --all nothing new starts either, until `symphony resume`; `symphony resume --stopped` \
      also goes on with what it stopped.

      Examples:
        symphony stop 42
        symphony stop 42 43 --reason "wrong branch"
        symphony stop --all
      """)
  @Argument(help: "42, #42, owner/repo#42 or an issue's address.") var issues: [String] = []
  @Flag(help: "Pause first, then stop every run.") var all = false
  @Option(name: [.customLong("reason"), .customLong("why")], help: "Why, for the record.")
  var reason: String = ""
  @Flag(help: "Print the result as JSON.") var json = false
  @OptionGroup var global: GlobalOptions

  func validate() throws { try IssueRequests.validate(issues, all) }

  func run() async throws {
    try refuseInsideRun()
    let desk = try Desk(global)
    if !all {
      let requests = IssueRequests(desk: desk, kind: .stop, words: issues, why: reason)
      return try requests.answer(try requests.order(desk.items(issues)), json)
    }
    let requests = IssueRequests(desk: desk, kind: .stopAll, words: [], why: reason)
    try requests.answer(try Self.orderAll(desk, reason: reason), json)
  }

  /// Pauses, and stops every run.
  static func orderAll(_ desk: Desk, reason: String) throws -> SteeringReport {
    let requests = IssueRequests(desk: desk, kind: .stopAll, words: [], why: reason)
    let pause = Hold(
      kind: .pause, scope: "", why: reason.isEmpty ? "stop --all" : reason, until: nil,
      setAt: desk.now)
    // In one transaction: what a tick launched just before the pause is stopped too.
    var report = try requests.order(with: [pause]) { $0.running }
    let stays =
      desk.state.runs.contains { $0.purpose == .work }
      ? "what runs is being stopped already" : "no run is under way"
    report.sentence =
      report.issues.isEmpty
      ? "paused; \(stays)" : "paused: nothing new is started until `symphony resume`"
    return report
  }
}

struct RetryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry",
    abstract: "Let parked, waiting or handed-off issues run again, counters at zero.",
    discussion: """
      With --all those that are parked or wait to be tried again; with --reason those whose \
      verdict has that code, as `symphony status` shows it. What --why says stands in the next \
      prompt, like a comment on the issue.

      Examples:
        symphony retry 42
        symphony retry 42 --why "use PostgreSQL"
        symphony retry --all --reason attempts_exhausted
      """)
  @Argument(help: "42, #42, owner/repo#42 or an issue's address.") var issues: [String] = []
  @Flag(help: "All that are parked or wait to be tried again.") var all = false
  @Option(help: "With --all: only those whose verdict has this code.") var reason: String?
  @Option(help: "What the agent is to know in its next run.") var why: String = ""
  @Flag(help: "Also take a branch that this state directory did not create.") var takeOver = false
  @Flag(help: "Print the result as JSON.") var json = false
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    try IssueRequests.validate(issues, all)
    if reason != nil, !all { throw ValidationError("--reason goes with --all") }
  }

  func run() async throws {
    try refuseInsideRun()
    let desk = try Desk(global)
    var requests = IssueRequests(
      desk: desk, kind: .retry, words: issues, why: why, takeOver: takeOver)
    if !all { return try requests.answer(try requests.order(desk.items(issues)), json) }
    requests.reason = reason
    let codes = Set(desk.state.items.map(\.verdict)).subtracting([""])
    if let reason, !codes.contains(reason) {
      throw Stop(
        .usage, "no work item has the verdict \(Output.oneLine(reason, 80))",
        hint: codes.isEmpty
          ? "no tick has seen any item yet" : "there are: \(codes.sorted().joined(separator: ", "))"
      )
    }
    var report = try requests.order { steering in
      guard let reason else { return steering.retriedWithAll }
      return steering.state.items.filter { $0.verdict == reason }
    }
    if report.issues.isEmpty { report.sentence = "nothing is parked or waits to be tried again" }
    try requests.answer(report, json)
  }
}

struct ReleaseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "release", abstract: "Let go of issues: nothing runs for them until a retry.",
    discussion: """
      A run is ended first. Branch and pull request stay; the workspace is removed where \
      workspace.remove_on_terminal says so. With --all every issue that is held.

      Examples:
        symphony release 42
        symphony release 42 43 --reason "done by hand"
      """)
  @Argument(help: "42, #42, owner/repo#42 or an issue's address.") var issues: [String] = []
  @Flag(help: "All that had a run and are not released.") var all = false
  @Option(name: [.customLong("reason"), .customLong("why")], help: "Why, for the record.")
  var reason: String = ""
  @Flag(help: "Print the result as JSON.") var json = false
  @OptionGroup var global: GlobalOptions

  func validate() throws { try IssueRequests.validate(issues, all) }

  func run() async throws {
    try refuseInsideRun()
    let desk = try Desk(global)
    let requests = IssueRequests(desk: desk, kind: .release, words: issues, why: reason)
    if !all { return try requests.answer(try requests.order(desk.items(issues)), json) }
    var report = try requests.order { steering in
      steering.state.items.filter { record in
        if case .refused = steering.answer(.release, record) { return false }
        return true
      }
    }
    if report.issues.isEmpty { report.sentence = "nothing is held" }
    try requests.answer(report, json)
  }
}

/// One request about several issues: judged and written in one transaction, then told.
struct IssueRequests {
  let desk: Desk
  let kind: OperatorRequest.Kind
  /// As they were written; empty: all.
  let words: [String]
  var why = ""
  var takeOver = false
  /// The code given with `retry --all --reason`.
  var reason: String?

  static func validate(_ issues: [String], _ all: Bool) throws {
    if issues.isEmpty == !all { throw ValidationError("name issues, or pass --all") }
  }

  /// Those issues, as they are when the transaction begins.
  func order(_ records: [ItemRecord]) throws -> SteeringReport {
    let wanted = records.map(\.id)
    return try order { steering in
      wanted.compactMap { id in steering.state.items.first { $0.id == id } }
    }
  }

  /// Requests it for the items that `choose` picks: writes the accepted ones, along with the holds.
  func order(
    with holds: [Hold] = [], lifting isLifted: (Hold) -> Bool = { _ in false },
    _ choose: (Steering) -> [ItemRecord]
  ) throws -> SteeringReport {
    let (lifted, answers) = try desk.store { store throws(StoreError) in
      try store.steer { state in
        // Judged by what is so once the holds are set and lifted.
        var after = state
        let lifted = state.holds.filter(isLifted)
        after.holds.removeAll { hold in
          (holds + lifted).contains { $0.kind == hold.kind && $0.scope == hold.scope }
        }
        after.holds += holds
        let steering = Steering(after, at: desk.now)
        var orders = Orders()
        (orders.holds, orders.lifted) = (holds, lifted)
        let answers = choose(steering).sorted { ($0.key, $0.id) < ($1.key, $1.id) }
          .map { ($0, steering.answer(kind, $0, takeOver: takeOver)) }
        for case (let record, .accepted) in answers {
          orders.requests.append(
            OperatorRequest(
              kind: kind, item: record.id, by: desk.user, why: why, takeOver: takeOver, at: desk.now
            ))
        }
        return (orders, (lifted, answers))
      }
    }
    let isRunning = RunningTick.lookAgain(desk.stateDirectory)
    let when =
      isRunning
      ? "the tick that runs now, at the latest the next one" : SteeringReport.nextTick
    let issues = answers.map { record, answer in
      switch answer {
      case .accepted(let sentence), .already(let sentence):
        SteeringReport.Issue(record, accepted: true, sentence: sentence, when: when)
      case .refused(let sentence, let hint):
        SteeringReport.Issue(record, accepted: false, sentence: "\(sentence); \(hint)", when: nil)
      }
    }
    var report = SteeringReport(
      at: desk.now, command: kind.word, asked: words, all: words.isEmpty,
      reason: reason ?? (why.isEmpty ? nil : why), issues: issues)
    report.holds = holds.map { HoldReport(steered: $0, at: desk.now) }
    report.lifted = lifted.map { HoldReport(steered: $0, at: desk.now) }
    return report
  }

  /// - Throws: `Stop` with 64, after all is told, when a request cannot do anything.
  func answer(_ report: SteeringReport, _ json: Bool) throws {
    try report.tell(json)
    if !json, let hint = report.hint { Output.hint(hint) }
    for refusal in report.refusals { Output.failure(refusal, hint: nil) }
    if !report.accepted { throw Stop(.usage) }
  }
}

extension SteeringReport {
  /// The requests are on record by now: they are told also where stdout takes no answer.
  func tell(_ json: Bool) throws {
    for line in said { Answer.remember(line) }
    if json { try Output.json(self) } else if !said.isEmpty { Output.answer(said) }
  }
}

extension Steering {
  /// The items of `retry --all`: parked or waiting to be tried again, and nothing is against it.
  var retriedWithAll: [ItemRecord] {
    state.items.filter { record in
      guard Steering.isRetriedWithAll(record) else { return false }
      if case .refused = answer(.retry, record) { return false }
      return true
    }
  }
}
