// Enters the news of a tick: the book is read from the store, grown by what happens, and written in
// the same transactions as the rows that say so. Each stage of a tick reads it anew, because news
// that a failed transaction entered must not be told. A worker's tick and a person's leave their
// lines here for the scheduler's next one. Decides nothing.
import SymphonyCore
import SymphonyPlatform
import Synchronization

final class NewsDesk: Sendable {
  /// Which tick writes.
  let tick: String
  private let book: Mutex<NewsBook>

  /// A book that cannot be read is begun anew: no other row hangs on it.
  init(_ store: any TickStore, tick: String) throws(StoreError) {
    self.tick = tick
    book = Mutex(FactJSON.read(try store.fact(.news), as: NewsBook.self) ?? NewsBook())
  }

  var untold: [NewsLine] { book.withLock { $0.untold } }
  /// Those that the log has not got.
  var unlogged: [NewsLine] { book.withLock { $0.unlogged } }
  /// Lines that went before anybody was told.
  var dropped: Int { book.withLock { $0.dropped } }

  /// To be committed with what the lines are about; nothing for no lines.
  func entering(_ lines: [NewsLine]) -> [Change] { changing { $0.add(lines) } }

  /// The one change that `body` makes, or none.
  func changing(_ body: (inout NewsBook) -> Void) -> [Change] {
    let changed: NewsBook? = book.withLock { book in
      let before = book
      body(&book)
      return book == before ? nil : book
    }
    guard let changed else { return [] }
    // Strings, whole numbers and flags: there is nothing in it that cannot be written.
    guard let text = try? FactJSON.text(of: changed) else {
      preconditionFailure("the news cannot be written as JSON")
    }
    return [.setFact(.news, text)]
  }
}

extension Tick {
  /// The changes of the troubles that last, to be committed with the note of the tick.
  func troubles(
    of report: TickReport, _ before: LastTick?, at now: Timestamp, in store: any TickStore
  ) throws(StoreError) -> [Change] {
    guard var seen = report.troubles else { return [] }
    let interval = report.snapshot?.policy.pollInterval
    seen.lookForTimer(before, interval: interval, at: now, options)
    var lines: [NewsLine] = []
    if options.trigger == .scheduled {
      if StateAlarm(stateDirectory: parts.stateDirectory).isOn {
        lines.append(
          NewsLine(.over, code: "state", "the state can be used again", at: now, tick: options.id))
      } else {
        lines += gap(before, interval: interval, at: now)
      }
    }
    let desk = try NewsDesk(store, tick: options.id)
    return desk.changing { book in
      let wasMissed = book.troubles.contains { $0.code == .noTick && $0.isOn }
      book.add(lines.filter { $0.code != Trouble.Code.noTick.rawValue || !wasMissed })
      book.face(seen.present, looked: seen.looked, at: now, tick: options.id)
    }
  }

  /// The line of the first tick after a silence, where no worker's tick saw the silence itself.
  private func gap(_ before: LastTick?, interval: Interval?, at now: Timestamp) -> [NewsLine] {
    guard let called = before?.calledAt, now - called > LastTick.allowance(interval: interval)
    else { return [] }
    let sentence = "no tick came for \((now - called).description) before this one"
    return [
      NewsLine(
        .over, code: Trouble.Code.noTick.rawValue, sentence, at: now, tick: options.id)
    ]
  }

  /// Tells the scheduler's channel what nobody told it yet, under the lock.
  ///
  /// Lines are noted as told only after they were printed: a tick killed between the two leaves
  /// them to the next one, which prints them once more under the same number.
  func tellNews(_ report: inout TickReport, from store: any TickStore) {
    guard options.tellsNews else { return }
    do throws(StoreError) {
      let desk = try NewsDesk(store, tick: options.id)
      let lines = desk.untold
      guard let last = lines.last else {
        report.isTold = true
        return
      }
      var told = lines
      if desk.dropped > 0 {
        let sentence =
          "\(desk.dropped) older lines were dropped: no scheduled tick told them; `symphony events`"
          + " has the whole story"
        told.insert(
          NewsLine(.trouble, code: "dropped", sentence, at: last.at, tick: options.id), at: 0)
      }
      FaultPoint.tell.reach()
      report.isTold = parts.tell(told)
      guard report.isTold else { return }
      try store.commit(desk.changing { $0.markTold(through: last.id) }, basis: nil)
    } catch {
      report.cannotBeNoted(error)
    }
  }
}
