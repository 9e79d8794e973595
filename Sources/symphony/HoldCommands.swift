// Commands of an operator about everything or about an agent: pause, resume, hold. A hold is set
// or lifted in a transaction of its own and is in force at once: a tick that is planning meanwhile
// plans again.
import ArgumentParser
import SymphonyCore
import SymphonyReport
import SymphonyStore
import SymphonyTick

struct PauseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause", abstract: "Start nothing new; running workers go on.",
    discussion: """
      Examples:
        symphony pause
        symphony pause --until 8h --reason "release night"
        symphony pause --until 07:30
      """)
  @Option(help: "When it ends by itself: \(WrittenTime.comingExamples).") var until: WrittenTime?
  @Option(name: [.customLong("reason"), .customLong("why")], help: "Why, for the record.")
  var reason: String = ""
  @Flag(help: "Print the result as JSON.") var json = false
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try refuseInsideRun()
    let desk = try Desk(global, create: true)
    let end = try until?.coming(desk.now)
    try Self.order(desk, until: end, reason: reason).tell(json)
  }

  /// `end`: nil: until somebody resumes.
  static func order(_ desk: Desk, until end: Timestamp? = nil, reason: String = "") throws
    -> SteeringReport
  {
    let hold = Hold(
      kind: .pause, scope: "", why: reason, until: end.map { Deadline($0, from: desk.now) },
      setAt: desk.now)
    try desk.store { store throws(StoreError) in try store.putHold(hold) }
    var report = SteeringReport(
      at: desk.now, command: "pause", all: true, reason: reason.isEmpty ? nil : reason,
      sentence: end.map { "paused until \($0.rfc3339): nothing is started before" }
        ?? "paused: nothing is started until `symphony resume`")
    report.holds = [HoldReport(steered: hold, at: desk.now)]
    return report
  }
}

struct HoldCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hold", abstract: "Start no new run of an agent until a time; its runs go on.",
    discussion: """
      AGENT is an account of the workflow, as `symphony status` names it: one of \
      \(AgentKind.names), or command/NAME. \
      It ends at its time or with `symphony resume AGENT`.

      Examples:
        symphony hold codex --until 07:30
        symphony hold claude_code --until 2d --reason "budget of the month is spent"
      """)
  @Argument(help: "The agent's account.") var agent: String
  @Option(help: "When it ends by itself: \(WrittenTime.comingExamples).") var until: WrittenTime
  @Option(name: [.customLong("reason"), .customLong("why")], help: "Why, for the record.")
  var reason: String = ""
  @Flag(help: "Print the result as JSON.") var json = false
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try refuseInsideRun()
    let desk = try Desk(global, create: true)
    let account = try knownAccount(desk)
    let end = try until.coming(desk.now)
    let hold = Hold(
      kind: .byOperator, scope: account.text, why: reason, until: Deadline(end, from: desk.now),
      setAt: desk.now)
    try desk.store { store throws(StoreError) in try store.putHold(hold) }
    var report = SteeringReport(
      at: desk.now, command: "hold", asked: [agent], reason: reason.isEmpty ? nil : reason,
      sentence: "\(account) is held until \(end.rfc3339): no new run of it starts before; "
        + "`symphony resume \(account)` lifts it")
    report.holds = [HoldReport(steered: hold, at: desk.now)]
    try report.tell(json)
  }

  /// A hold of a name that no run has would hold nothing, silently.
  private func knownAccount(_ desk: Desk) throws -> Account {
    let composition = Composition(place: desk.place, logbook: global.logbook)
    let lastGood = try desk.store { store throws(StoreError) in
      try store.fact(.lastGoodWorkflow)
    }
    let policy = try composition.requirePolicy(lastGood: lastGood)
    var accounts: [Account] = policy.agents.map(\.account)
    // A run under way may have an account that the workflow does not name any more.
    accounts += desk.state.runs.compactMap(\.account)
    if let found = accounts.first(where: { $0.text == agent }) { return found }
    let names = Set(accounts.map(\.text)).sorted().joined(separator: ", ")
    throw Stop(
      .usage, "no agent \(Output.oneLine(agent, 80)) in \(desk.place.workflowPath)",
      hint: "its accounts: \(names)")
  }
}

struct ResumeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume",
    abstract: "End a pause, and try agents and remotes again that waited for somebody to act.",
    discussion: """
      With AGENT only what holds that agent is lifted: an operator's hold, a limit, a trouble.

      Examples:
        symphony resume
        symphony resume --stopped
        symphony resume codex
      """)
  @Argument(help: "An agent's account; none: the pause.") var agents: [String] = []
  @Flag(help: "Also try agents again whose account was at its usage limit.") var limits = false
  @Flag(help: "Also go on with what `stop --all` stopped.") var stopped = false
  @Flag(help: "Print the result as JSON.") var json = false
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if !agents.isEmpty, stopped || limits {
      throw ValidationError("name agents, or pass --stopped or --limits, not both")
    }
  }

  func run() async throws {
    try refuseInsideRun()
    let desk = try Desk(global)
    for agent in agents where !desk.state.holds.contains(where: { $0.isOf(agent: agent) }) {
      let held = desk.state.holds.filter { $0.kind == .agent || $0.kind == .byOperator }
      throw Stop(
        .usage, "\(Output.oneLine(agent, 80)) is not held",
        hint: held.isEmpty
          ? "no agent is" : "held: \(Set(held.map(\.scope)).sorted().joined(separator: ", "))")
    }
    let resumption = Resumption(desk: desk, agents: agents, limits: limits, stopped: stopped)
    let report = try resumption.order()
    try resumption.requests.answer(report, json)
    if json { return }
    if let stays = report.stays { Output.answer(stays) }
    for hint in resumption.remaining { Output.hint(hint) }
  }
}

/// The holds that a resume lifts, the items it lets go on, and those that stay as they are.
struct Resumption {
  let desk: Desk
  /// Empty: the pause, and what waits for somebody to act.
  var agents: [String] = []
  var limits = false
  var stopped = false
  var requests: IssueRequests { IssueRequests(desk: desk, kind: .goOn, words: agents) }

  func order() throws -> SteeringReport {
    var left: [ItemRecord] = []
    var report = try requests.order(lifting: isLifted) { steering in
      if stopped { return steering.stoppedWithAll }
      left = agents.isEmpty ? steering.stoppedWithAll : []
      return []
    }
    report.leftParked = left.map(\.key).sorted().map(\.text)
    let words = report.lifted.map { hold in
      switch hold.kind {
      case .pause: "resumed"
      case .byOperator: "\(hold.scope) is not held by an operator any more"
      case .agent, .remote, .tracker: "\(hold.scope) is tried again"
      }
    }
    report.sentence =
      !words.isEmpty
      ? words.joined(separator: "; ")
      : report.issues.isEmpty ? "it was not paused" : ""
    return report
  }

  /// The holds that stay in force, and how to lift them.
  var remaining: [String] {
    guard agents.isEmpty else { return [] }
    return desk.state.holds.filter { !isLifted($0) && $0.isInForce(at: desk.now) }
      .compactMap { hold -> String? in
        switch hold.kind {
        case .byOperator:
          "\(hold.scope) stays held by an operator; `symphony resume \(hold.scope)` lifts that"
        case .agent: "\(hold.scope) stays held at its limit; --limits lifts that too"
        case .pause, .remote, .tracker: nil
        }
      }
  }

  private func isLifted(_ hold: Hold) -> Bool {
    if !agents.isEmpty { return agents.contains { hold.isOf(agent: $0) } }
    return switch hold.kind {
    case .pause, .remote: true
    case .agent: hold.needsOperator || limits
    case .tracker, .byOperator: false
    }
  }
}

extension Hold {
  /// Whether it keeps runs of that agent from starting.
  fileprivate func isOf(agent: String) -> Bool {
    (kind == .agent || kind == .byOperator) && scope == agent
  }
}

extension SteeringReport {
  /// A sentence about items that `stop --all` stopped and a resume left parked; nil: none are.
  fileprivate var stays: String? {
    let count = leftParked.count
    if count == 0 { return nil }
    return "\(count) issue\(count == 1 ? "" : "s") stopped by `stop --all` "
      + "stay\(count == 1 ? "s" : "") parked: `symphony resume --stopped` goes on with "
      + (count == 1 ? "it" : "them")
  }
}

extension Deadline {
  /// The end of what a person sets at `now` until a time.
  fileprivate init(_ time: Timestamp, from now: Timestamp) {
    self.init(setAt: now, delay: time - now)
  }
}
