// What a live view needs of the store: a mark that differs after every write and is the same without
// one, and the last rows of the past without the others.
import SymphonyCore
import Testing

@testable import SymphonyStore

@Suite struct LookingAgainTests {
  @Test func onlyAWriteChangesTheMark() throws {
    let scratch = try Scratch()
    #expect(DatabaseMark(directory: scratch.state) == DatabaseMark(directory: scratch.state))
    var seen: Set<DatabaseMark> = [DatabaseMark(directory: scratch.state)]
    for number in 0..<5 {
      let store = try scratch.open()
      try store.setFact(.lastPoll, "\(number)")
      store.close()
      let mark = DatabaseMark(directory: scratch.state)
      #expect(seen.insert(mark).inserted, "write \(number)")
      let copy = try scratch.open(.privateCopy)
      _ = try copy.load()
      copy.close()
      #expect(DatabaseMark(directory: scratch.state) == mark, "a look is no write")
    }
  }

  @Test func theLastRowsComeWithoutTheOthers() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    let items = ["a", "b"].map { Sample.full($0, claim: .unclaimed) }
    try store.commit(items.map { .putItem($0) }, basis: nil)
    let entries = (0..<10).map { number in
      LedgerEntry(
        item: items[number % 2].id, at: Sample.now + .seconds(Int64(number)), code: "c\(number)",
        sentence: "")
    }
    try store.commit(entries.map { .appendLedger($0) }, basis: nil)
    let runs = (1...4).map { number in
      var run = RunRecord(
        id: RunID("a-r\(number)"), item: items[0].id, generation: number, purpose: .work,
        nonce: "n\(number)", era: "boot", launchedAt: Sample.now + .minutes(Int64(number)))
      (run.phase, run.outcome) = (.settled, .failed)
      // The first one went on longest.
      run.settledAt = Sample.now + .minutes(number == 1 ? 60 : Int64(number) + 1)
      return run
    }
    try store.commit(runs.map { .insertRun($0) }, basis: nil)
    let history = try store.history(last: 2)
    #expect(history.ledger.map(\.code) == ["c8", "c9"])
    #expect(Set(history.runs.map(\.generation)) == [1, 4])
    #expect(try store.history(last: 100).ledger.count == 10)
    store.close()
  }
}
