// What agents print, a turn at a time, as the worker reads it: appended to a file in pieces, line
// by line, to the reader that judges the turn and to the one that people read.
import SymphonyAgents
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport

@testable import SymphonyWorker

let agentTargets: [FuzzTarget] = AgentRegistry.all.map { agent in
  FuzzTarget(
    "agent-\(agent.kind)",
    seeds: {
      let name = agent.kind == "claude_code" ? "claude" : agent.kind
      let recorded = try Seeds.files("Tests/AgentTests/Fixtures", prefix: name)
      return recorded + moreSeeds
    },
    check: { try checkAgent(agent, $0) })
}

private let moreSeeds = Seeds.texts(
  #"{"type":"usage","input_tokens":1,"cached_input_tokens":2,"cost_usd":1.5,"cumulative":true}"#
    + "\n" + #"{"type":"session","id":"a-b"}"# + "\n"
    + #"{"type":"result","status":"limited","message":"m","code":"c","resets_at":"17e8"}"#,
  "usage limit reached, resets Oct 6, 3pm (Europe/Berlin)\nPrompt is too long\n",
  "You've hit your usage limit. Try again in 3 days 6 hours 57 minutes.\n",
  "SYMPHONY: blocked: no access\n**SYMPHONY: continue**\n")

/// The most bytes of what a reader hands on in one piece: 4,000 characters of 4 bytes.
private let textLimit = 16_000 + 100

private func checkAgent(_ agent: any Agent, _ input: [UInt8]) throws {
  let lines = try linesOf(input)
  for resume in [nil, SessionRef(id: "01a1fb36-f3ba-70f2-92b1-89eb73c4903d")] {
    var policy = AgentPolicy()
    policy.kind = agent.kind
    let turn = AgentTurn(
      policy: policy, number: 1, resume: resume,
      newSessionID: "0f0e0d0c-1111-4222-8333-444455556666", workspace: "/srv/tree",
      runDirectory: "/srv/run", skills: [], environment: [:])
    var reader = agent.reader(for: turn)
    for line in lines {
      for event in reader.read(line) { try promiseEvent(event) }
    }
    for exit in [ExitStatus.exited(0), .exited(1), .exited(75), .signalled(15)] {
      try promiseOutcome(reader.finish(exit, errorTail: lines.suffix(5).joined(separator: "\n")))
    }
  }
  var transcript = agent.transcript()
  for line in lines {
    for entry in transcript.read(line) {
      try promiseBounded(entry.text, textLimit, "an entry of a transcript")
      try promiseText(entry.text, "an entry of a transcript")
    }
  }
}

/// By the worker's own tail of the file, which must not care in what pieces it grew.
private func linesOf(_ input: [UInt8]) throws -> [String] {
  let file = try Scratch.file("output")
  try Scratch.write(file, input)
  var whole = OutputTail(file, from: 0)
  let lines = whole.read(atEnd: true)
  // A flood of text is thinned by what comes in one piece.
  guard lines.count < 1000 else { return lines }
  try Scratch.write(file, [])
  var dice = Dice(seed: input.count)
  var (tail, rest, inPieces) = (OutputTail(file, from: 0), input[...], [String]())
  while !rest.isEmpty {
    let size = min(rest.count, Int.random(in: 1...max(1, input.count / 3), using: &dice))
    try Scratch.append(file, rest.prefix(size))
    rest = rest.dropFirst(size)
    inPieces += tail.read()
  }
  inPieces += tail.read(atEnd: true)
  try promise(inPieces == lines, "read in pieces the output has other lines")
  return lines
}

private func promiseEvent(_ event: AgentEvent) throws {
  switch event {
  case .session(let id): try promiseSession(id)
  case .activity(let text), .abandon(let text):
    try promiseBounded(text, 2000, "a line about an event")
    try promisePlain(text, "a line about an event")
  case .failing(let failure, let text):
    try promiseFailure(failure)
    try promiseBounded(text, 2000, "a failure's line")
    try promisePlain(text, "a failure's line")
  case .usage(let models, let counted):
    try promiseUsage(models)
    try promiseUsage(counted ?? [:])
  case .concluded, .wentOn: break
  }
}

private func promiseOutcome(_ outcome: TurnOutcome) throws {
  try promiseBounded(outcome.message, textLimit, "a turn's message")
  try promiseText(outcome.message, "a turn's message")
  try promiseUsage(outcome.spent)
  if let session = outcome.session {
    try promiseSession(session.id)
    try promiseUsage(session.counted)
  }
  for line in outcome.denied + outcome.remarks {
    try promiseBounded(line, 4000, "a remark")
    try promisePlain(line, "a remark")
  }
  try promise(outcome.denied.count <= 1000, "\(outcome.denied.count) denied calls")
  if case .failed(let code, let failure) = outcome.kind {
    try promise(
      !code.isEmpty && code.utf8.count <= 64, "\(code.debugDescription) is no code")
    try promiseFailure(failure)
  }
}

/// It is stored, printed, and a word of the next command line.
private func promiseSession(_ id: String) throws(BrokenPromise) {
  try promise(
    (1...256).contains(id.utf8.count) && id.utf8.allSatisfy { (0x21...0x7E).contains($0) },
    "\(id.debugDescription.prefix(300)) is no session")
}

private func promiseFailure(_ failure: Failure) throws(BrokenPromise) {
  if case .limited(let until?) = failure {
    try promise(
      until.milliseconds >= 0 && until.milliseconds <= 253_402_300_799_000,
      "a limit until \(until.milliseconds)")
  }
}

private func promiseUsage(_ models: ModelUsage) throws(BrokenPromise) {
  try promise(models.count <= ModelUsage.namesKept + 1, "\(models.count) models")
  for (name, usage) in models {
    try promiseBounded(name, 400 * 4, "a model's name")
    try promise(
      usage.inputTokens >= 0 && usage.outputTokens >= 0 && usage.cachedInputTokens >= 0
        && usage.costUSD.isFinite && usage.costUSD >= 0, "\(usage)")
  }
}

/// Lines and tabs may stay in it.
private func promiseText(_ text: String, _ what: String) throws(BrokenPromise) {
  try promisePlain(text.filter { $0 != "\n" && $0 != "\t" && $0 != "\r\n" }, what)
}
