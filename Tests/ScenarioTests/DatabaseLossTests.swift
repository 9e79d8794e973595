// Databases that are lost in every way while runs are in every state: ticks exit 74 and do nothing,
// a rehearsal changes no byte, and after `symphony recover` the world comes to rest with one pull
// request and one comment, and the damaged file still there.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite("database losses")
struct DatabaseLossTests {
  enum Loss: String, CaseIterable, Sendable {
    case deleted, emptied, half, garbage, olderCopy, firstCopy, lostLog
  }
  enum Moment: String, CaseIterable, Sendable {
    /// Its worker lives and waits.
    case alive
    /// It lived when the database was lost, and has ended when it is rebuilt.
    case ended
    case handedOff
    /// Its agent says it is blocked.
    case parked
    case merged
  }

  private static let agent = """
    wait_for go
    [ -e "$SCENARIO_DIR/block" ] && { echo 'SYMPHONY: blocked: which colour?'; exit 0; }
    commit
    """

  /// Copies of symphony.db by name, taken while nothing runs; and the files themselves.
  private struct Disk {
    let stage: Stage
    var database: String { Files.join(stage.state, "symphony.db") }

    func save(_ name: String) throws {
      try stage.directory.write(name, "")
      try overwrite(stage.directory.file(name), with: try Files.read(database))
    }
    func overwrite(_ path: String, with bytes: [UInt8]) throws {
      try Files.remove(path)
      try Folder(Files.parent(of: path)).create(
        FileName(Files.lastName(of: path)), bytes, mode: 0o600)
    }
    func removeLogs() throws {
      for suffix in ["-wal", "-shm"] { try Files.remove(database + suffix) }
    }

    func lose(_ loss: Loss) throws {
      let whole = try Files.read(database)
      switch loss {
      case .deleted:
        try Files.remove(database)
        try removeLogs()
      case .emptied: try overwrite(database, with: [])
      case .half: try overwrite(database, with: Array(whole[..<(whole.count / 2)]))
      case .garbage:
        var bytes = whole
        for index in 4096..<bytes.count {
          bytes[index] = UInt8(truncatingIfNeeded: index % 251 + 1)
        }
        try overwrite(database, with: bytes)
      case .olderCopy:
        try removeLogs()
        try overwrite(database, with: try Files.read(stage.directory.file("older.db")))
      case .firstCopy:
        try removeLogs()
        try overwrite(database, with: try Files.read(stage.directory.file("first.db")))
      case .lostLog:
        // What the log held is gone: the file as it was before the last ticks.
        try removeLogs()
        try overwrite(database, with: try Files.read(stage.directory.file("before-log.db")))
      }
    }
  }

  @Test(
    "a loss is noticed, and what was lost is rebuilt", arguments: Loss.allCases, Moment.allCases)
  func loss(_ loss: Loss, _ moment: Moment) async throws {
    try await withStage { stage in
      let files = Disk(stage: stage)
      try stage.direct(agent: Self.agent)
      // An empty list: the database begins before there is an issue.
      try await stage.tick()
      try files.save("first.db")
      stage.issue()
      try await stage.run(["pause"])
      try await stage.tick()
      try files.save("older.db")
      try await stage.run(["resume"])
      try files.save("before-log.db")
      try await reach(moment, stage)
      try files.lose(loss)
      let (started, requests) = (stage.started, stage.github.requestCount)
      let refused = try await stage.tick()
      #expect(refused.exit == .exited(74), "\(loss) \(moment): \(refused.errorOutput)")
      #expect(refused.errorOutput.contains("symphony recover"), "\(refused.errorOutput)")
      #expect(stage.started == started && stage.github.requestCount == requests)
      if moment == .ended {
        try stage.raise("go")
        try await stage.idle()
      }
      if moment == .ended {
        // The tick that the worker became is refused, too, and may still be about it.
        try await eventually("nothing changes any more") {
          let seen = try Stage.files(below: stage.state)
          _ = try await stage.run(["status"])
          return try Stage.files(below: stage.state) == seen
        }
      }
      let before = moment == .alive ? [:] : try Stage.files(below: stage.state)
      let rehearsed = try await stage.run(["recover", "--dry-run"])
      #expect(rehearsed.exit.isSuccess, "\(rehearsed.errorOutput)")
      if moment != .alive { #expect(try Stage.files(below: stage.state) == before) }
      let lost = try? Files.read(files.database)
      let recovered = try await stage.run(["recover"])
      #expect(recovered.exit.isSuccess, "\(recovered.errorOutput)")
      #expect(try kept(lost, in: stage), "the file that was there is gone")
      try await settle(moment, stage, recovered.output)
    }
  }

  private func reach(_ moment: Moment, _ stage: Stage) async throws {
    if moment == .parked { try stage.raise("block") }
    switch moment {
    case .alive, .ended:
      try await stage.tick()
      try await eventually("its agent is at work") { stage.started.count == 1 }
    case .handedOff, .merged:
      try stage.raise("go")
      try await stage.tick()
      try await stage.quietWithinFiveTicks { stage.isDelivered(1) }
      if moment == .merged, let number = stage.pullRequests(of: 1).first?.number {
        try stage.github.mergePullRequest(number)
      }
    case .parked:
      try stage.raise("go")
      try await stage.tick()
      try await stage.quietWithinFiveTicks { try await stage.code(1) == "agent_blocked" }
      #expect(stage.ourComments(1).count == 1)
    }
  }

  /// Whether damaged/ holds the bytes that were in the place of the database.
  private func kept(_ bytes: [UInt8]?, in stage: Stage) throws -> Bool {
    guard let bytes else { return true }
    let folder = StateLayout(stage.state).damaged
    return try Files.list(folder).contains { name in
      try Files.read(Files.join(folder, "\(name)/symphony.db")) == bytes
    }
  }

  private func settle(_ moment: Moment, _ stage: Stage, _ told: String) async throws {
    try await stage.run(["resume"])
    if moment == .alive {
      // A second worker would begin a turn while the first one waits.
      for _ in 0..<2 { try await stage.tick() }
      #expect(stage.started.count == 1 && stage.workers.count == 1, "\(told)")
      try stage.raise("go")
    }
    let code =
      switch moment {
      case .alive, .ended, .handedOff: "handed_off"
      case .parked: "agent_blocked"
      case .merged: "done"
      }
    try await stage.quietWithinFiveTicks { try await stage.code(1) == code }
    for _ in 0..<2 {
      try await stage.tick()
      try await stage.idle()
    }
    #expect(try await stage.code(1) == code)
    #expect(stage.started.count == 1, "the agent worked twice")
    #expect(stage.pullRequests(of: 1).count == (moment == .parked ? 0 : 1))
    #expect(stage.ourComments(1).count == 1, "\(stage.ourComments(1).map(\.body))")
    let rehearsal = try await stage.run(["recover", "--dry-run"])
    #expect(rehearsal.output.contains("nothing is missing"), "\(rehearsal.output)")
  }

  /// An issue handed off, and `first.db` from before it was there.
  private func delivered(_ stage: Stage) async throws -> Disk {
    let files = Disk(stage: stage)
    try stage.direct(agent: Self.agent)
    try await stage.tick()
    try files.save("first.db")
    stage.issue()
    try stage.raise("go")
    try await stage.tick()
    try await stage.quietWithinFiveTicks { stage.isDelivered(1) }
    return files
  }

  /// Once ticks may work again it is handed off, and nobody began anew.
  private func goesOn(_ stage: Stage) async throws {
    try await stage.run(["resume"])
    try await stage.quietWithinFiveTicks { try await stage.code(1) == "handed_off" }
    #expect(stage.isDelivered(1) && stage.started.count == 1)
  }

  @Test("a recovery that is killed anywhere is finished by the next")
  func killed() async throws {
    try await withStage { stage in
      let files = try await delivered(stage)
      try files.lose(.firstCopy)
      // The exchange as far as the new number: the old file is in its place still.
      let layout = StateLayout(stage.state)
      let filed = try #require(try NumberFile(layout.stateNumber).read())
      try await stage.run(["recover"])
      let rebuilt = try Files.read(files.database)
      try files.overwrite(layout.rebuilt, with: rebuilt)
      try files.lose(.firstCopy)
      #expect(try NumberFile(layout.stateNumber).read() == filed + 1)
      #expect(try await stage.tick().exit == .exited(74))
      try await stage.run(["recover"])
      #expect(!Files.exists(layout.rebuilt))
      try await goesOn(stage)
    }
  }

  @Test("a recovery that dies at any deed is finished by the next", arguments: Self.deaths)
  func killedAnywhere(_ act: Faults.Act) async throws {
    try await withStage { stage in
      let files = try await delivered(stage)
      var position = 1
      var deaths = 0
      while true {
        try files.lose(.firstCopy)
        let lost = try Files.read(files.database)
        let done = try stage.faults.trace.last { $0.role == .command && $0.number > 0 }?.number
        try stage.faults.order(.command, "*", (done ?? 0) + position, act)
        let first = try await stage.run(["recover"])
        try stage.faults.withdraw()
        if first.exit.isSuccess { break }
        deaths += 1
        // Either it is refused still, or all was exchanged: nothing is begun a second time.
        try await stage.tick()
        let again = try await stage.run(["recover"])
        #expect(again.exit.isSuccess, "\(act) at \(position): \(again.errorOutput)")
        // A log that was removed and not synced may come back beside another file, and changes it.
        if act == .kill {
          #expect(try kept(lost, in: stage), "at \(position): the file that was there is gone")
        }
        #expect(try await stage.board().find(1) != nil, "\(act) at \(position): it is forgotten")
        position += CrashEverywhereTests.Range.wanted == .sample ? 9 : 1
      }
      #expect(deaths > 2)
      print("recovery: \(deaths) times \(act.text)")
      try await goesOn(stage)
      #expect(stage.ourComments(1).count == 1 && stage.pullRequests(of: 1).count == 1)
    }
  }
  private static var deaths: [Faults.Act] {
    CrashEverywhereTests.Range.wanted == .sample ? [.kill] : [.kill, .power]
  }

  @Test("a daily copy and a backup are put back and brought up to date")
  func backup() async throws {
    try await withStage { stage in
      let files = Disk(stage: stage)
      try stage.direct(agent: Self.agent)
      stage.issue()
      try await stage.run(["pause"])
      for _ in 0..<2 { try await stage.tick() }
      let daily = try Files.list(StateLayout(stage.state).backups)
      #expect(daily.count == 1 && daily.first?.hasPrefix("symphony-20") == true)
      let path = stage.directory.file("backup.db")
      #expect(try await stage.run(["backup", path]).exit.isSuccess)
      #expect(try await stage.run(["backup", path]).exit == .exited(64))
      #expect(try await stage.run(["backup", "--force", path]).exit.isSuccess)
      try await stage.run(["resume"])
      try stage.raise("go")
      try await stage.tick()
      try await stage.quietWithinFiveTicks { stage.isDelivered(1) }
      try files.removeLogs()
      try files.overwrite(files.database, with: try Files.read(path))
      #expect(try await stage.tick().exit == .exited(74))
      // Without --resume the pause of the copy would stay anyway.
      try await stage.run(["recover", "--resume"])
      try await goesOn(stage)
    }
  }
}
