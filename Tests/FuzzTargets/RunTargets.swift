// The files of a run and of its workspace, which a worker of another version, a full disk or an agent
// may have left in any state.
import FoundationEssentials
import SymphonyCore
import SymphonyPlatform

@testable import SymphonyRuns
@testable import SymphonyWorker

let runTargets: [FuzzTarget] = [
  FuzzTarget("run-spec", seeds: { try [encoded(spec)] + old("spec") }, check: checkSpec),
  FuzzTarget("run-result", seeds: { try [encoded(result)] + old("result") }, check: checkResult),
  FuzzTarget(
    "run-progress",
    seeds: { try [encoded(progress)] + old("progress") }, check: checkProgress),
  FuzzTarget(
    "run-lease", seeds: { [[UInt8](repeating: 0, count: 64), (0..<64).map { UInt8($0) }, []] },
    check: checkLease),
  FuzzTarget(
    "workspace-mark",
    seeds: {
      let record = WorkspaceRecord(kind: .clone, repository: "/r", branch: "b", base: "main")
      return try Seeds.texts("acme_app_1-abc-r1\nrefs {\"refs/heads/x\":\"1\"}\nnoted 12\n{}\n") + [
        Array("run\nmade ".utf8) + encoded(record) + Array("\nbefore {\"a\":\"gone\"}".utf8)
      ]
    }, check: checkMark),
  FuzzTarget(
    "replies",
    seeds: {
      Seeds.texts(
        #"[{"n":1,"outcome":"fixed","text":"so"},{"n":"2","outcome":"Declined "},{"n":3}]"#,
        #"{"replies":[{"n":2,"outcome":"question","text":"why \u00e9"},7,null,[[[]]]],"x":{}}"#)
    }, check: checkReplies),
]

// MARK: Seeds

private let repository = RepositoryName(owner: "acme", name: "app")
private let noon = Timestamp(milliseconds: 1_795_230_000_000)
private let models: [TurnUsage] = {
  var usage = Usage()
  (usage.inputTokens, usage.outputTokens, usage.costUSD) = (1200, 80, 0.25)
  return [TurnUsage(turn: 1, model: "m", usage: usage)]
}()

private let spec: RunSpec = {
  var spec = RunSpec(
    runID: RunID("acme_app_1-abcdef-r2"), nonce: "n1", purpose: .work,
    itemKey: ItemKey("acme/app#1"), repository: repository, generation: 2,
    paths: RunPaths(state: "/s", run: "/s/runs/r", cache: "/s/c", workspace: "/s/w"),
    git: GitOrder(
      cloneURL: "https://github.com/acme/app.git", credentialScope: "https://github.com/",
      baseBranch: "main", branch: "symphony/acme_app_1", ownsBranch: true, fenceHead: "1",
      takeOver: false, debt: "2", settings: GitPolicy()),
    hooks: HookPolicy(), agent: AgentPolicy(), resume: SessionRef(id: "s", counted: ["m": Usage()]),
    newSessionID: "0f0e0d0c-1111-4222-8333-444455556666", attempt: 2,
    promptTemplate: "Do {{ issue.title }}", promptLine: 5, workflowPath: "/p/WORKFLOW.md",
    skills: ["testing"], context: TemplateContext.sample(), nudge: ["symphony", "tick"])
  spec.wake = Wake(.comment, text: "more", author: "octocat", at: noon)
  spec.promptNote = "note"
  spec.item = ItemID("I_1")
  spec.stateNumber = 7
  return spec
}()

private let result: RunResult = {
  var result = RunResult(
    nonce: "n1", runID: RunID("acme_app_1-abcdef-r2"), outcome: .failed, summary: "2 commits",
    startedAt: noon, endedAt: noon + .seconds(60))
  result.code = "agent_failed"
  result.failure = .limited(until: noon)
  result.push = .unpushed(head: "1", why: "offline")
  result.session = SessionRef(id: "s", counted: ["m": Usage()])
  (result.head, result.commitsAhead, result.baseBranch) = ("1", 2, "main")
  (result.spent, result.usage) = (models, models.total)
  result.turnTimes.begin(1, at: noon)
  (result.denied, result.remarks, result.kept) = (["Bash: rm"], ["odd"], ["commit 1"])
  return result
}()

private let progress: RunProgress = {
  var progress = RunProgress(nonce: "n1", phase: .agent, phaseSince: noon)
  progress.begin(turn: 1, at: noon)
  progress.session = SessionRef(id: "s")
  (progress.spent, progress.usage) = (models, models.total)
  (progress.fenceHead, progress.fenced, progress.lastEvent) = ("1", true, "Read a.swift")
  progress.failure = .budget(.item)
  return progress
}()

private func encoded(_ value: some Encodable) throws -> [UInt8] {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  return try Array(encoder.encode(value))
}

/// As earlier releases wrote them.
private func old(_ kind: String) throws -> [[UInt8]] {
  try Seeds.files("Tests/ExecutorTests/Fixtures", prefix: kind)
}

// MARK: Checks

/// A directory of a run, whose files are the input.
private func directory() throws -> RunDirectory {
  let path = try Scratch.file("run")
  try Files.makeDirectories(path)
  return RunDirectory(path: path)
}

private func checkSpec(_ input: [UInt8]) throws {
  let files = try directory()
  try Scratch.write(files.spec, input)
  guard let read = try? files.readSpec() else { return }
  let again = try JSONDecoder().decode(RunSpec.self, from: Data(encoded(read)))
  try promise(again == read, "a spec that was written again is another one")
}

private func checkResult(_ input: [UInt8]) throws {
  let files = try directory()
  try Scratch.write(files.result, input)
  guard let read = try files.readResult(nonce: "n1") else { return }
  try promise(read.nonce == "n1", "a result of another run counts")
  let again = try JSONDecoder().decode(RunResult.self, from: Data(encoded(read)))
  try promise(again == read, "a result that was written again is another one")
  try promiseUsable([read.startedAt, read.endedAt, read.failure?.until].compactMap(\.self))
  _ = (read.spent.disbelief, read.spent.byModel, read.spent.believed.total, read.usage.totalTokens)
}

private func checkProgress(_ input: [UInt8]) throws {
  let files = try directory()
  for file in [files.progress, files.checkpoint] {
    try Scratch.write(file, input)
    if let (read, _) = files.readProgress() {
      let again = try JSONDecoder().decode(RunProgress.self, from: Data(encoded(read)))
      try promise(again == read, "a progress that was written again is another one")
      try promiseUsable([read.phaseSince, read.failure?.until].compactMap(\.self))
      _ = (read.spent.disbelief, read.spent.byModel, read.usage.totalTokens)
    }
    try Files.remove(file)
  }
}

/// Whoever shows them, or counts from them, is not killed by them.
private func promiseUsable(_ times: [Timestamp]) throws(BrokenPromise) {
  for time in times {
    try promise(!time.rfc3339.isEmpty, "a time has no words")
    _ = ((noon - time).description, Deadline(setAt: time, delay: .days(1)).isDue(at: noon))
  }
}

private func checkLease(_ input: [UInt8]) throws {
  let files = try directory()
  try Scratch.write(files.lease, input)
  let (pulse, birth) = (files.readPulse(), files.readBirth())
  try promise(pulse != 0 && birth != 0, "none is told as 0")
  try promise(input.count >= 8 || pulse == nil, "a pulse is read of \(input.count) bytes")
  try promise(input.count >= 16 || birth == nil, "a birth is read of \(input.count) bytes")
  _ = files.readEnd()
}

private func checkMark(_ input: [UInt8]) throws {
  let file = try Scratch.file("mark")
  try Scratch.write(file, input)
  guard let mark = try WorkspaceMark.read(file) else { return }
  try mark.write(file)
  let again = try WorkspaceMark.read(file)
  try promise(again == mark, "\(mark) is read back as \(String(describing: again))")
}

private func checkReplies(_ input: [UInt8]) throws {
  let heard = HeardReplies(input, asked: [1, 2]) { $0.replacing("so", with: "***") }
  for (number, answer) in heard.answers {
    try promise([1, 2].contains(number), "\(number) was not asked")
    try promise(
      [.fixed, .declined, .question].contains(answer.outcome), "\(answer.outcome) is not heard")
    try promiseBounded(answer.text, PieceAnswer.textLimit, "an answer")
    try promise(!answer.text.contains("so"), "an answer is not masked")
  }
  for remark in heard.remarks {
    try promisePlain(remark, "a remark")
    try promiseBounded(remark, 1000, "a remark")
  }
}
