// What can be seen of a stage after its story: on GitHub, in the state directory, among the
// processes. The promises themselves are Aftermath's.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport

extension Stage {
  /// Ticks until nothing lives and the next tick would do nothing; at most twelve.
  /// - Returns: what it would do still.
  func settle() async throws -> [String] {
    var left: [String] = []
    for _ in 0..<12 {
      try await idle()
      let told = try await run(["tick", "--dry-run", "--json"])
      left = try ReportJSON.read(told.output, as: TickAnswer.self).effects.map(\.sentence)
      if left.isEmpty { return [] }
      try await tick()
    }
    try await idle()
    return left
  }

  /// Of all issues, in order.
  var issueNumbers: [Int] { github.issues(in: nil).map(\.number).sorted() }

  /// `issues`: their numbers; of each what was expected is left open.
  func aftermath(of issues: [Int], _ deeds: [Faults.Deed]) async throws -> Aftermath {
    var found = Aftermath()
    found.planEffects = try await settle()
    let report = try await board()
    for number in issues {
      found.items.append(try aftermath(of: number, report.find(number), deeds))
    }
    if lines(of: "doubled").count > 0 { found.items[0].mostWorkersAtOnce = 2 }
    found.marked = descendants.map { "\($0): \(Self.arguments(of: $0).joined(separator: " "))" }
    let locks =
      heldLeases.map { Files.join(state, "runs/\($0)/lease") }
      + ((try? FileLock.probe(StateLayout(state).tickLock)) == true
        ? [StateLayout(state).tickLock] : [])
    for lock in locks { found.holders += holders(of: lock) }
    let entries = try Self.files(below: state).keys
    found.locks = entries.filter { $0.hasSuffix(".lock") && Self.isGits($0) }.sorted()
    found.privateFiles = entries.filter { $0.contains("/private/") }.sorted()
    return found
  }

  private static func isGits(_ path: String) -> Bool {
    path.contains(".git/") || path.contains("/.git")
  }

  private func holders(of lock: String) -> [Aftermath.Holder] {
    let pids = FileLock.owner(of: lock).map { [$0] } ?? Processes.holdingLock(on: lock)
    if pids.isEmpty { return [Aftermath.Holder(lock: lock, pid: 0)] }
    return pids.map { pid in
      var holder = Aftermath.Holder(lock: lock, pid: pid)
      holder.arguments = Self.arguments(of: pid)
      holder.state = Processes.stat(pid).map { String($0.state) } ?? ""
      holder.waitsIn = (try? Files.readText("/proc/\(pid)/wchan")) ?? ""
      return holder
    }
  }

  private func aftermath(
    of number: Int, _ report: ItemReport?, _ deeds: [Faults.Deed]
  ) throws -> Aftermath.Item {
    var item = Aftermath.Item(key: "#\(number)", code: report?.code ?? "missing")
    item.openPullRequests = pullRequests(of: number).count { $0.isOpen }
    for comment in ourComments(number) {
      let text = comment.body.replacing(#/<!--[\s\S]*?-->/#, with: "")
      item.comments[text, default: 0] += 1
    }
    if github.board(1) != nil {
      item.status = github.shown("Status", of: number, in: nil, board: 1)
    }
    item.labels = github.issue(number)?.labels ?? []
    item.turns = started.count { $0.hasPrefix("acme_app_\(number)-") }
    item.failures = report?.failures ?? 0
    item.workerKills = Self.workerKills(in: deeds)
    item.tickKills = deeds.count { $0.isOrdered && $0.role == .tick }
    item.mostWorkersAtOnce = item.turns > 0 ? 1 : 0
    for line in lines(of: "commits") {
      let words = line.split(separator: " ").map(String.init)
      guard words.count == 2, words[0] == "\(number)" else { continue }
      item.commits[words[1]] = place(of: words[1])
    }
    return item
  }

  /// Workers that were ended before their result was on disk for good; behind that a kill must not
  /// cost a turn.
  private static func workerKills(in deeds: [Faults.Deed]) -> Int {
    var kills = 0
    for (index, deed) in deeds.enumerated() where ["kill", "power"].contains(deed.act) {
      let before = deeds[..<index]
      func isSafe(_ pid: Int32) -> Bool {
        guard
          let named = before.lastIndex(where: {
            $0.pid == pid && $0.kind == .rename && $0.more.hasSuffix("/result.json")
          })
        else { return false }
        // The directory is synced right behind it, and what comes then says that it was.
        return before[named...].count { $0.pid == pid } > 2
      }
      // Without power every worker ends; a process that did nothing yet is not on record.
      let ended =
        deed.act == "power"
        ? Set(before.filter { $0.role == .worker }.map(\.pid))
        : deed.role == .worker ? [deed.pid] : []
      let launched = before.count { $0.kind == .spawn && $0.what.contains(" worker ") }
      let unseen = launched - Set(before.filter { $0.role == .worker }.map(\.pid)).count
      kills += ended.count { !isSafe($0) } + (deed.act == "power" ? max(0, unseen) : 0)
    }
    return kills
  }

  private func place(of commit: String) -> Aftermath.Place {
    func isKnown(_ repository: String) -> Bool {
      guard Files.exists(repository) else { return false }
      let named = Git.attempt(["for-each-ref", "--contains", commit], in: repository)
      return named.exit.isSuccess && !named.output.isEmpty
    }
    if isKnown(github.git.path) { return .pushed }
    return isKnown(Files.join(state, "repos/acme/app.git")) ? .named : .lost
  }
}
