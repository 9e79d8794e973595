// The files of runs across versions: a worker goes on with the program that began it, so that a tick
// reads what an older worker writes, and after a step back a newer one's. Fixtures/KIND-COMMIT.json were
// written by the core of that commit, compiled alone; keys.txt holds every key that is written today.
import FoundationEssentials
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import SymphonyTestSupport
import Testing

@Suite struct OldFilesTests {
  private static let folder = Files.join(Files.parent(of: #filePath), "Fixtures")
  /// The first version, one before accounts were a type, one before failures were values, and two of
  /// the days before the last migration.
  private static let commits = ["298cfa1", "0563c22", "e2343cf", "383d862", "9374d70"]
  private let scratch: TemporaryDirectory
  private let run: RunDirectory

  init() throws {
    scratch = try TemporaryDirectory("old-files")
    run = RunDirectory(path: scratch.path)
  }

  /// The file of a commit where a worker would have left it.
  private func lay(_ kind: String, _ commit: String, at path: String) throws {
    let text = try Files.readText(Files.join(Self.folder, "\(kind)-\(commit).json"))
    try Files.writeAtomically(path, text, durable: false)
  }

  // MARK: What older programs wrote

  @Test(arguments: commits) func aSpecIsRead(_ commit: String) throws {
    try lay("spec", commit, at: run.spec)
    let spec = try run.readSpec()
    #expect(spec.runID == RunID("acme_app_1-abcdef-r2") && spec.nonce == "n1")
    #expect(spec.generation == 2 && spec.attempt == 2 && spec.purpose == .work)
    #expect(spec.agent.kind == "codex" && spec.agent.model == "gpt-5")
    #expect(spec.agent.allowedTools == ["Read", "Bash(git log:*)"])
    #expect(spec.resume?.id == "01a1fb36-f3ba-70f2-92b1-89eb73c4903d")
    #expect(spec.resume?.counted.total.costUSD == 0.25)
    #expect(spec.git.branch == "symphony/acme_app_1" && spec.git.ownsBranch)
    #expect(spec.git.fenceHead == "f00d" && spec.git.debt == "beef")
    #expect(spec.paths.workspace == "/state/workspaces/acme_app_1")
    #expect(spec.context["issue"]?["title"] == .string("A/B \u{1F600}"))
    #expect(spec.nudge == ["/usr/local/bin/symphony", "tick", "--nudged"])
    // What it does not say is not limited, not hidden and not shared.
    #expect(spec.budget == nil && spec.wake == nil && spec.stateNumber == nil && !spec.git.fresh)
    #expect(spec.feedback == nil && spec.placesFeedback == nil)
  }

  @Test(arguments: commits) func aResultIsRead(_ commit: String) throws {
    try lay("result-good", commit, at: run.result)
    let good = try #require(try run.readResult(nonce: "n1"))
    #expect(good.outcome == .succeeded && good.failure == nil)
    #expect(good.push == .pushed(head: "1b0abbb24d41") && good.commitsAhead == 2)
    #expect(good.message == "Done.\nAll of it." && good.turns == 2 && good.madeProgress)
    #expect(good.session?.counted.total.costUSD == 0.25 && good.usage.inputTokens == 1200)
    #expect(good.endedAt - good.startedAt == .seconds(60) && good.baseBranch == "main")
    #expect(good.replies == [])
    let isFirst = commit == "298cfa1"
    #expect(good.fenced == !isFirst && good.denied == (isFirst ? [] : ["Bash: rm -rf /"]))
    #expect(good.spent.total == (isFirst ? Usage() : good.usage) && good.turnTimes.isEmpty)
    #expect(good.lostSession == !["298cfa1", "0563c22"].contains(commit))
    try lay("result-limited", commit, at: run.result)
    let limited = try #require(try run.readResult(nonce: "n1"))
    #expect(limited.failure == .limited(until: good.startedAt + .hours(1)))
    #expect(limited.push == .unpushed(head: "1b0abbb24d41", why: "offline"))
    #expect(try run.readResult(nonce: "n2") == nil)
  }

  @Test(arguments: commits, [true, false])
  func aProgressIsRead(_ commit: String, isCheckpoint: Bool) throws {
    try lay("progress", commit, at: isCheckpoint ? run.checkpoint : run.progress)
    let (progress, deadline) = try #require(run.readProgress())
    #expect(progress.nonce == "n1" && progress.phase == .agent && progress.turn == 2)
    #expect(progress.session?.id == "01a1fb36-f3ba-70f2-92b1-89eb73c4903d")
    #expect(progress.fenceHead == "f00d" && progress.lastEvent == "Read a.swift")
    #expect(progress.usage.totalTokens == 1280)
    #expect(deadline == (["383d862", "9374d70"].contains(commit) ? nil : 123_456))
    let limit = Failure.limited(until: progress.phaseSince + .hours(1))
    #expect(progress.failure == (commit == "298cfa1" ? nil : limit))
  }

  // MARK: What newer programs may write

  /// Keys are only added, and whoever does not know one passes over it.
  @Test func unknownKeysAreIgnored() throws {
    try lay("spec", "9374d70", at: run.spec)
    try lay("result-good", "9374d70", at: run.result)
    try lay("progress", "9374d70", at: run.progress)
    let known = (try run.readSpec(), try run.readResult(nonce: "n1"), run.readProgress()?.progress)
    for path in [run.spec, run.result, run.progress] {
      let tree = try JSONDecoder().decode(Structure.self, from: Data(try Files.read(path)))
      let text = try JSONEncoder().encode(Self.addingKeys(tree))
      try Files.writeAtomically(path, String(decoding: text, as: UTF8.self), durable: false)
    }
    #expect(try run.readResult(nonce: "n1") == known.1)
    #expect(run.readProgress()?.progress == known.2)
    // The variables of templates, and a provider's own parameters, are whatever they are.
    var spec = try run.readSpec()
    (spec.context, spec.agent.providerParameters) = (
      known.0.context, known.0.agent.providerParameters
    )
    #expect(spec.nonce == known.0.nonce && spec.paths == known.0.paths && spec.git == known.0.git)
    #expect(spec.agent.model == known.0.agent.model && spec.hooks.timeout == known.0.hooks.timeout)
  }

  /// Into every object that is not a map of names.
  private static func addingKeys(_ tree: Structure) -> Structure {
    guard let members = tree.objectValue else {
      return tree.listValue.map { .list($0.map(addingKeys)) } ?? tree
    }
    let maps: Set = ["counted", "config", "set", "scripts", "push"]
    var added = Dictionary(
      uniqueKeysWithValues: members.map { ($0, maps.contains($0) ? $1 : addingKeys($1)) })
    added["ofLaterVersions"] = .list([.integer(1)])
    return .object(added)
  }

  /// A key that is gone, or has another name, is missed by the programs that are installed.
  @Test func noKeyWasTakenAwayOrRenamed() throws {
    try run.writeSpec(Filled.spec)
    try run.writeResult(Filled.result)
    try run.writeProgress(Filled.progress, deadline: 1, durably: true)
    var written: Set<String> = []
    for (name, path) in [
      ("spec", run.spec), ("result", run.result), ("progress", run.progress),
      ("checkpoint", run.checkpoint),
    ] {
      let tree = try JSONDecoder().decode(Structure.self, from: Data(try Files.read(path)))
      written.formUnion(Self.keys(tree, name))
    }
    let list = Files.join(Self.folder, "keys.txt")
    if Host.environment["SYMPHONY_WRITE_DOCS"] != nil {
      let known = Set((try? Files.readText(list))?.splitLines().map(String.init) ?? [])
      try Files.writeAtomically(
        list, known.union(written).sorted().joined(separator: "\n") + "\n", mode: 0o644)
    }
    let kept = Set(try Files.readText(list).splitLines().map(String.init))
    #expect(
      kept.subtracting(written).sorted() == [],
      "programs of earlier versions read these keys: keep them, beside what is new")
    #expect(
      written.subtracting(kept).sorted() == [],
      "new keys: they must be optional to read; `make docs` adds them to keys.txt")
  }

  private static func keys(_ tree: Structure, _ path: String) -> Set<String> {
    var found: Set<String> = []
    for (name, value) in tree.objectValue ?? [:] {
      found.insert("\(path).\(name)")
      if !["context", "providerParameters"].contains(name) {
        found.formUnion(keys(value, "\(path).\(name)"))
      }
    }
    for value in tree.listValue ?? [] { found.formUnion(keys(value, path)) }
    return found
  }
}

/// Values with everything in them that can be written.
private enum Filled {
  /// No piece of the world has all of these at once.
  static var piece: HandedPiece {
    var words = PieceWords(text: "t", at: noon, author: "ann")
    (words.url, words.path, words.hunk, words.thread) = ("u", "p", "h", "i")
    (words.firstLine, words.lastLine, words.isOutdated, words.replyTo) = (1, 2, true, 3)
    (words.review, words.verdict, words.head) = ("r", .approved, "c")
    (words.check, words.conclusion, words.isRequired, words.job) = ("k", "failure", true, 4)
    var piece = HandedPiece(number: 1, kind: .check, words: words)
    (piece.excerpt, piece.log) = ("e", "l")
    return piece
  }

  private static let noon = Timestamp(milliseconds: 1_795_230_000_000)
  private static let usage: Usage = {
    var usage = Usage()
    (usage.inputTokens, usage.outputTokens, usage.costUSD) = (1200, 80, 0.25)
    return usage
  }()
  private static let session = SessionRef(id: "s", counted: ["m": usage])
  private static let times: [TurnTime] = {
    var times: [TurnTime] = []
    times.begin(1, at: noon)
    times.end(1, at: noon)
    return times
  }()

  static let spec: RunSpec = {
    var git = GitOrder(
      cloneURL: "u", credentialScope: "s", baseBranch: "main", branch: "b", ownsBranch: true,
      fenceHead: "1", takeOver: true, debt: "2", settings: GitPolicy())
    git.fresh = true
    (git.raiser, git.remark, git.debtWords, git.debtRemarks) = ("r", "m", "w", ["x"])
    var agent = AgentPolicy()
    (agent.command, agent.model) = ("c", "m")
    agent.maxRun = .hours(1)
    agent.maxOutput = 1 << 20
    var spec = RunSpec(
      runID: RunID("r"), nonce: "n1", purpose: .work, itemKey: ItemKey("acme/app#1"),
      repository: RepositoryName(owner: "acme", name: "app"), generation: 2,
      paths: RunPaths(state: "/s", run: "/r", cache: "/c", workspace: "/w"), git: git,
      hooks: HookPolicy(), agent: agent, resume: session, newSessionID: "i", attempt: 2,
      promptTemplate: "p", promptLine: 5, workflowPath: "/p", skills: ["s"], context: .object([:]),
      nudge: ["t"])
    spec.item = ItemID("I")
    spec.promptNote = "note"
    spec.wake = Wake(.comment, text: "more", author: "ann", at: noon)
    (spec.feedback, spec.placesFeedback) = ([piece], true)
    spec.stateNumber = 7
    spec.budget = RunBudget(costUSD: 1, scope: .item, tokens: 3)
    return spec
  }()

  static let result: RunResult = {
    var result = RunResult(
      nonce: "n1", runID: RunID("r"), outcome: .failed, summary: "s", startedAt: noon,
      endedAt: noon)
    (result.code, result.message, result.turns) = ("c", "m", 1)
    result.failure = .limited(until: noon)
    (result.head, result.baseBranch, result.session) = ("1", "main", session)
    result.push = .unpushed(head: "1", why: "w")
    result.spent = [TurnUsage(turn: 1, model: "m", usage: usage)]
    (result.turnTimes, result.denied, result.remarks, result.kept) = (times, ["d"], ["r"], ["k"])
    result.replies = [HandedReply(number: 1, answer: PieceAnswer(.fixed, "so"))]
    return result
  }()

  static let progress: RunProgress = {
    var progress = RunProgress(nonce: "n1", phase: .agent, phaseSince: noon)
    (progress.session, progress.fenceHead, progress.fenced) = (session, "1", true)
    progress.spent = [TurnUsage(turn: 1, model: "m", usage: usage)]
    progress.turnTimes = times
    progress.failure = .limited(until: noon)
    return progress
  }()
}
