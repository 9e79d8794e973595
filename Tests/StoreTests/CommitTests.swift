// The commit compares what the plan was made on; the response cache goes with it; a second writer
// waits; and a tick with nothing to say writes nothing at all. Two stores on one directory stand
// for a tick and a command.
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyStore

@Suite struct CommitTests {
  @Test func whatIsWrittenInBetweenIsNoticed() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    try store.commit([.putItem(Sample.item("a"))], basis: StoredState())
    let command = try scratch.open(.command)
    let hold = Hold(kind: .pause, scope: "", why: "", until: nil, setAt: Sample.now)
    var newer = Sample.item("a")
    newer.generation = 1
    var stopped = Sample.run("b", 1)
    stopped.stop = StopOrder(by: .operator, why: "", at: Sample.now)
    var paid = Sample.comment("b", key: "k")
    paid.state = .delivered
    let disturbances: [() throws -> Void] = [
      { try command.putHold(hold) },
      { try command.liftHold(kind: .pause, scope: "") },
      {
        try command.addRequest(
          OperatorRequest(kind: .stop, item: ItemID("a"), by: "", why: "", at: Sample.now))
      },
      { try store.commit([.putItem(newer)], basis: nil) },
      { try store.commit([.putItem(Sample.item("b"))], basis: nil) },
      { try store.commit([.insertRun(Sample.run("b", 1))], basis: nil) },
      { try store.commit([.putRun(stopped)], basis: nil) },
      { try store.commit([.putRun(Sample.settled(stopped, .failed))], basis: nil) },
      { try store.commit([.insertOutbox(Sample.comment("b", key: "k"))], basis: nil) },
      { try store.commit([.putOutbox(paid)], basis: nil) },
    ]
    for (index, disturb) in disturbances.enumerated() {
      let basis = try store.load()
      try disturb()
      let error = storeError { try store.commit([.setFact(.lastPoll, "\(index)")], basis: basis) }
      #expect(error?.code == "state_changed", "disturbance \(index)")
      #expect(try store.fact(.lastPoll) == nil)
    }
    try store.commit([.setFact(.lastPoll, "9")], basis: try store.load())
    #expect(try store.fact(.lastPoll) == "9")
  }

  @Test func anIdleTickWritesNothing() throws {
    let scratch = try Scratch()
    let first = try scratch.open()
    try first.commit([.putItem(Sample.full("a", claim: Sample.claims[2]))], basis: nil)
    first.remember("u", Sample.response("e"))
    try first.flushCache()
    first.close()
    let before = try scratch.picture()
    let store = try scratch.open(now: Sample.now + .hours(20))
    let basis = try store.load()
    let known = try #require(store.lookUp("u"))
    store.remember("u", known)
    try store.commit([], basis: basis)
    // Nothing went into the log either.
    #expect(Opening.size(scratch.database + "-wal") <= 0)
    store.close()
    #expect(try scratch.picture() == before)
  }

  @Test func aSecondWriterWaitsAndThenSaysLocked() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    var settings = StoreSettings()
    settings.busySeconds = 0.05
    let command = try scratch.open(.command, settings: settings)
    let hold = Hold(kind: .pause, scope: "", why: "", until: nil, setAt: Sample.now)
    let error = try store.writing { _ in storeError { try command.putHold(hold) } }
    #expect(error?.code == "state_locked")
    #expect(error?.sentence.contains(scratch.database) == true)
    try command.putHold(hold)
    #expect(try store.load().holds == [hold])
  }

  @Test func settingsOfTheConnection() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    #expect(try store.pragma("journal_mode") == "wal")
    #expect(try store.pragma("synchronous") == "2")
    #expect(try store.pragma("foreign_keys") == "1")
    #expect(try store.pragma("busy_timeout") == "5000")
  }

  @Test func whoCountsFromAnotherNumberWritesNothing() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    try store.commit([.moveNumber(from: 0, to: 1)], basis: nil)
    let late = storeError {
      try store.commit([.setFact(.salt, "late"), .moveNumber(from: 0, to: 1)], basis: nil)
    }
    #expect(late?.code == "state_changed")
    #expect(try store.fact(.salt) == nil && store.load().number == 1)
    // An answer to what was done under this number.
    try store.commit([.moveNumber(from: 1, to: 1), .setFact(.salt, "s")], basis: nil)
    #expect(try store.fact(.salt) == "s" && store.load().number == 1)
  }
}

@Suite struct ResponseCacheTests {
  @Test func rememberedNowWrittenWithTheCommit() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    let response = CachedResponse(
      etag: "W/\"1\"", body: [0, 255, 10], next: "https://example.test/2", tokenFingerprint: "fp")
    #expect(store.lookUp("u") == nil)
    store.remember("u", response)
    #expect(store.lookUp("u") == response)
    #expect(try scratch.open(.command).lookUp("u") == nil)
    // A commit that fails keeps it for the next.
    #expect(storeError { try store.commit([.insertRun(Sample.run("x", 1))], basis: nil) } != nil)
    #expect(store.lookUp("u") == response)
    try store.commit([.setFact(.lastPoll, "1")], basis: try store.load())
    #expect(try scratch.open(.command).lookUp("u") == response)
    // And one without changes writes it too.
    store.remember("u", Sample.response("2"))
    try store.commit([], basis: nil)
    #expect(try scratch.open(.command).lookUp("u") == Sample.response("2"))
  }

  @Test func theLongestUnusedGoFirst() throws {
    let scratch = try Scratch()
    var settings = StoreSettings()
    settings.cacheBytes = 250
    func at(_ days: Int64) throws -> SQLiteStore {
      try scratch.open(now: Sample.now + .days(days), settings: settings)
    }
    for (day, url) in ["a", "b"].enumerated() {
      let store = try at(Int64(day))
      store.remember(url, Sample.response(url, bytes: 100))
      try store.flushCache()
      store.close()
    }
    // Looking at the older one makes it the younger one.
    let user = try at(3)
    #expect(user.lookUp("a") != nil)
    try user.flushCache()
    user.close()
    let store = try at(4)
    store.remember("c", Sample.response("c", bytes: 100))
    try store.flushCache()
    #expect(store.lookUp("b") == nil)
    #expect(store.lookUp("a") != nil)
    #expect(store.lookUp("c") != nil)
    store.close()
    // After a month unused it goes, although there is room.
    let late = try at(33 + 1)
    late.remember("d", Sample.response("d", bytes: 1))
    try late.flushCache()
    #expect(late.lookUp("a") == nil)
    #expect(late.lookUp("c") != nil)
  }
}
