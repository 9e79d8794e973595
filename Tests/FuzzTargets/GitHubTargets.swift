// GitHub's answers, whole conversations of them: what becomes of them has passed ServedFacts, is of
// a bounded size, and no answer ends the tick.
import FoundationEssentials
import SymphonyCore

@testable import SymphonyTrackers

let gitHubTargets: [FuzzTarget] = [
  FuzzTarget(
    "github-issues", seeds: { try Seeds.own("github-issues") },
    check: { input in try checkLooks(input, board: false) }),
  FuzzTarget(
    "github-board", seeds: { try Seeds.own("github-board") },
    check: { input in try checkLooks(input, board: true) }),
  FuzzTarget(
    "github-deliveries",
    seeds: { try Seeds.own("github-issues") + Seeds.own("github-board") },
    check: checkDeliveries),
  FuzzTarget(
    "github-findings",
    seeds: { try Seeds.own("github-issues") + Seeds.own("github-board") }, check: checkFindings),
  FuzzTarget("tracker-memory", seeds: { try Seeds.own("memory") }, check: checkMemory),
]

/// The ids of the issues on the recorded server; the last is nobody's.
package let recordedIDs = ["I_1", "I_2", "I_3", "PVTI_1", "I_99"]

private func checkLooks(_ input: [UInt8], board: Bool) throws {
  try GitHubScene.wait {
    let cache = KeptResponses()
    let script = ServedScript(input)
    for _ in 0..<2 {
      let tracker = GitHubScene.tracker(
        ScriptedTransport(script), board: board, cache: cache)
      let watched = GitHubScene.watched(recordedIDs)
      try promiseSurvey(
        await tracker.survey(
          SurveyQuestion(
            watched: watched, repositories: [RepositoryName(owner: "acme", name: "lib")],
            cachedOnly: false)))
      try promiseSurvey(await tracker.confirm(watched))
    }
    let nudged = GitHubScene.tracker(ScriptedTransport(script), board: board, cache: cache)
    try promiseSurvey(
      await nudged.survey(
        SurveyQuestion(watched: GitHubScene.watched(recordedIDs), cachedOnly: true)))
    do throws(TrackerError) {
      _ = try await nudged.find("1", in: GitHubScene.repository)
    } catch { try promiseError(error) }
  }
}

private func checkDeliveries(_ input: [UInt8]) throws {
  try GitHubScene.wait {
    let script = ServedScript(input)
    for board in [false, true] {
      for tries in [0, 1] {
        for entry in GitHubScene.debts("I_1", tries: tries) {
          let tracker = GitHubScene.tracker(
            ScriptedTransport(script), board: board, cache: KeptResponses())
          let delivery: Delivery
          do throws(TrackerError) {
            delivery = try await tracker.deliver(
              entry, pullRequest: PullRequestRef(number: 9, url: ""))
          } catch {
            try promiseError(error)
            continue
          }
          switch delivery {
          case .pullRequest(let ref, _): try promisePageOf(ref.url)
          case .comment(let url): try promisePageOf(url)
          case .done(let words), .waiting(let words), .superseded(let words):
            try promiseWords(words)
          case .converted(let key): try promiseWords(key.text)
          }
        }
      }
    }
  }
}

private func checkFindings(_ input: [UInt8]) throws {
  try GitHubScene.wait {
    for board in [false, true] {
      let tracker = GitHubScene.tracker(
        ScriptedTransport(ServedScript(input)), board: board, cache: KeptResponses())
      for finding in await tracker.examine() {
        try promise(!finding.text.isEmpty, "a finding says nothing")
        try promiseBounded(finding.text, 20_000, "a finding")
      }
    }
  }
}

/// Each line is the name of an entry and what is kept under it.
private func checkMemory(_ input: [UInt8]) throws {
  let cache = KeptResponses()
  for line in input.split(separator: 0x0A) {
    let parts = line.split(separator: 0x20, maxSplits: 1).map(Array.init)
    guard parts.count == 2 else { continue }
    cache.remember(
      String(decoding: parts[0], as: UTF8.self),
      CachedResponse(
        etag: "", body: parts[1], next: nil, tokenFingerprint: GitHubScene.identity))
  }
  let served = try Seeds.own("github-board") + Seeds.own("github-issues")
  try GitHubScene.wait {
    for (index, board) in [true, false].enumerated() where index < served.count {
      let tracker = GitHubScene.tracker(
        ScriptedTransport(ServedScript(served[index])), board: board, cache: cache)
      let watched = GitHubScene.watched(recordedIDs)
      for cachedOnly in [true, false] {
        try promiseSurvey(
          await tracker.survey(SurveyQuestion(watched: watched, cachedOnly: cachedOnly)))
      }
      try promiseSurvey(await tracker.confirm(watched))
    }
    if let spending = TrackerSpending.read(cache) { _ = spending.current(at: GitHubScene.noon) }
  }
}

// MARK: What holds of every look

private func promiseSurvey(_ survey: Survey) throws(BrokenPromise) {
  var items: [WorkItem] = []
  if case .items(let candidates) = survey.candidates { items = candidates }
  for answer in survey.answers.values {
    switch answer {
    case .found(let item): items.append(item)
    case .gone(let words): try promiseWords(words)
    case .unknown(let error): try promiseError(error)
    }
  }
  for item in items { try promiseItem(item) }
  for fact in survey.pullRequests.values { try promisePageOf(fact.ref.url) }
  for facts in survey.repositories { try promiseRepository(facts) }
  for view in survey.views.values { try promiseView(view) }
  for log in survey.logs.values { try promiseLog(log) }
  try promise(
    survey.viewer == nil || ServedFacts.login(survey.viewer) != nil, "we are called strangely")
  try promise(survey.notices.count <= 1000, "\(survey.notices.count) notices")
  for notice in survey.notices { try promiseBounded(notice, 20_000, "a notice") }
}

private func promiseView(_ view: PullRequestView) throws(BrokenPromise) {
  try promisePageOf(view.ref.url)
  try promise(BranchName.isUsable(view.base), "\(view.base.debugDescription) is a base")
  for commit in [view.head, view.baseHead ?? view.head] {
    try promise(
      [40, 64].contains(commit.utf8.count) && commit.allSatisfy(\.isHexDigit),
      "\(commit.debugDescription) is a commit")
  }
  for trouble in view.troubles ?? [] {
    try promisePageOf(trouble.url ?? "")
    try promiseBounded(trouble.text, PieceWords.textLimit, "a check's words")
  }
  guard let conversation = view.conversation else { return }
  for remark in conversation.remarks {
    let words = remark.words
    try promisePageOf(words.url ?? "")
    try promiseBounded(words.text, PieceWords.textLimit, "a remark")
    try promiseBounded(words.hunk ?? "", PieceWords.hunkLimit, "a hunk")
    try promiseBounded(words.path ?? "", 2000, "a path")
    try promise(words.author == ServedFacts.login(words.author), "a remark is by nobody")
    try promise((words.firstLine ?? 1) > 0 && (words.lastLine ?? 1) > 0, "a line is none")
  }
  for login in conversation.requested + conversation.opinions.map(\.author) {
    try promise(ServedFacts.login(login) == login, "\(login.debugDescription) is no person")
  }
}

private func promiseLog(_ log: CheckLog) throws(BrokenPromise) {
  try promiseBounded(log.whole, CheckLog.limit, "a log")
  try promiseBounded(log.excerpt, 8 << 10, "an excerpt")
  try promise(
    log.whole.unicodeScalars.allSatisfy { !$0.isInvisible || $0 == "\n" || $0 == "\t" },
    "a log moves the cursor")
}

private func promiseItem(_ item: WorkItem) throws(BrokenPromise) {
  try promisePageOf(item.url)
  for linked in item.linkedPullRequests { try promisePageOf(linked.url) }
  try promise((item.number ?? 1) > 0, "\(item.key) has the number \(item.number ?? 0)")
  try promise(item.openBlockers >= 0 && item.openSubIssues >= 0, "\(item.key) is blocked below 0")
  try promise(item.baseBranch.map(BranchName.isUsable) ?? true, "\(item.key) has no branch")
  for login in item.assignees + [item.author].compactMap(\.self) {
    try promise(ServedFacts.login(login) == login, "\(login.debugDescription) is no person")
  }
  for time in [item.createdAt, item.updatedAt].compactMap(\.self) { _ = time.rfc3339 }
  // Whatever is in it makes a prompt and a name of a folder.
  let key = WorkspaceKey(item: item.key, id: item.id)
  try promise(
    key.text.unicodeScalars.allSatisfy(WorkspaceKey.isSafe) && (1...100).contains(key.text.count)
      && !key.text.hasPrefix(".") && !key.text.hasPrefix("-"), "\(key) is a folder")
}

private func promiseRepository(_ facts: RepositoryFacts) throws(BrokenPromise) {
  try promisePageOf(facts.htmlURL)
  try promise(
    facts.cloneURL.hasPrefix("https://github.com/")
      && facts.credentialScope == "https://github.com/",
    "\(facts.name) is cloned from \(facts.cloneURL.debugDescription)")
  try promise(
    BranchName.isUsable(facts.defaultBranch), "\(facts.defaultBranch.debugDescription) is a branch")
}

/// Ours, or none.
private func promisePageOf(_ page: String) throws(BrokenPromise) {
  try promisePage(page)
  try promise(
    page.isEmpty || page.lowercased().hasPrefix("https://github.com"),
    "\(page.debugDescription) is a page of ours")
}

private func promiseError(_ error: TrackerError) throws(BrokenPromise) {
  try promiseWords(error.sentence)
  try promise(!error.code.isEmpty, "an error has no code")
  if case .rateLimited(let until, _) = error {
    try promise(
      until > GitHubScene.noon && until <= GitHubScene.noon + .days(7), "a limit until \(until)")
  }
}

private func promiseWords(_ words: String) throws(BrokenPromise) {
  try promise(!words.isEmpty, "nothing is said")
  try promiseBounded(words, 20_000, "a sentence")
}
