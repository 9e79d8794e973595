// `symphony events`: what happened, a line each, the newest last, and what happens from now on.
// Reads rows; asks nobody and changes nothing.
import ArgumentParser
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyStore

struct EventsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "Show what happened, a line each, the newest last.",
    discussion: """
      Changes of verdicts, what woke an issue, runs that began and ended with what they cost, and \
      what was delivered to the tracker or refused by it. Without --since: the last 100.

      Examples:
        symphony events
        symphony events 42
        symphony events --since 2h -f
        symphony events --since 2026-11-28 --json
      """)
  @Argument(help: "42, #42, owner/repo#42 or the issue's address; none: all.") var issue: String?
  @Flag(name: [.customShort("f"), .long], help: "Go on with what comes, until Ctrl-C.")
  var follow = false
  @Option(help: "Only since then: \(WrittenTime.examples).") var since: WrittenTime?
  @Flag(help: "Print JSON: one object, or with --follow one on each line.") var json = false
  @OptionGroup var global: GlobalOptions

  private static let last = 100

  func run() async throws {
    let place = try global.place()
    let name = try issue.map { try IssueName($0, at: place) }
    let look = try StoredLook(place)
    let record = try name.map { try $0.known(among: look.state.items) }
    let start = since?.resolved(look.now) ?? Timestamp(milliseconds: 0)
    let known = try Self.read(look, start, record)
    look.store.close()
    let events = since == nil ? known.suffix(Self.last) : known
    if json, !follow { return try Output.json(EventsReport(events)) }
    try show(events)
    if !follow, events.isEmpty { Output.answer("nothing is on record") }
    guard follow else { return }
    try go(on: Set(known), from: look.now, record, place)
  }

  /// Shows what is new at each look.
  private func go(
    on shown: Set<EventReport>, from start: Timestamp, _ record: ItemRecord?, _ place: Place
  ) throws {
    var shown = shown
    var from = start
    while !Answer.isLost, Platform.isRead(1, forMilliseconds: 1000) {
      let look = try StoredLook(place)
      // A tick writes the time it began, so that an entry may be older than the look before.
      let new = try Self.read(look, from - .minutes(10), record).filter { !shown.contains($0) }
      look.store.close()
      try show(new)
      shown.formUnion(new)
      from = look.now
    }
  }

  private func show(_ events: [EventReport]) throws {
    if json {
      for event in events { try Output.json(EventLine(event)) }
      return
    }
    Output.answer(
      Output.table(
        events.map { event in
          [
            event.at.text, event.key, event.kind.rawValue, Output.oneLine(event.words, 180),
          ]
        }))
  }

  private static func read(
    _ look: StoredLook, _ since: Timestamp, _ record: ItemRecord?
  ) throws -> [EventReport] {
    let history = try look.read { (store) throws(StoreError) in
      try store.history(since: since, item: record?.id)
    }
    return history.events(of: look.state).filter { $0.at >= Moment(since) }
  }
}
