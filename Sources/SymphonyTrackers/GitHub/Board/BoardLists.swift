// The two lists of a board's survey: the items the server's filter lets through, and now and then
// the whole board. Decides which page is asked next, joins the pages, and checks the filter against
// the whole: a mistaken one returns nothing, without an error. BoardSurvey drives it.
import SymphonyCore

struct BoardLists {
  /// The whole board is read this often although the filter is trusted.
  private static let scanDistance = Interval.minutes(30)

  let board: BoardPolicy
  private(set) var memory: BoardMemory
  private var canFilter: Bool
  /// The next page of active items; nil: there is nothing more to ask.
  private(set) var activePage: Inquiry.Page?
  private(set) var scanPage: Inquiry.Page?
  private var active: [PlaceNode] = []
  /// Every item read in this tick, once: pages of a board that changes meanwhile overlap.
  private(set) var places: [PlaceNode] = []
  private var scanned: [PlaceNode] = []
  private var activeIsComplete = false
  private var scanIsComplete = false
  private let scanBegan: String?
  private var hasCorrected = false
  private(set) var unreadable: Set<String> = []
  /// Items of the board that were half answered, or could not be read, by what is wrong with each.
  private(set) var damaged: [String: TrackerError] = [:]
  /// Why the list of active items could not be read to its end; nil: it was.
  private(set) var activeError: TrackerError?
  /// Why the scan was not read to its end; nil: it was, or may go on.
  private(set) var scanError: TrackerError?
  /// The scan ended for want of time.
  private(set) var wasPaused = false
  /// The number of entries without even an id.
  private(set) var holes = 0
  /// The server no longer knew the cursor from which the scan was to go on.
  private(set) var wasInterrupted = false

  /// `now` is on our clock, because the tracker's is not known before it answers; `canFilter` says
  /// that the server knows `items(query:)`.
  init(board: BoardPolicy, memory: BoardMemory, now: Timestamp, canFilter: Bool, pageSize: Int) {
    self.board = board
    self.memory = memory
    self.canFilter = canFilter
    scanBegan = memory.cursor
    // A board of one page is read whole for the price of its filtered list.
    let isSmall = memory.total.map { $0 <= pageSize } ?? false
    let filter = memory.active.flatMap { BoardReader.filter(board, active: $0) }
    if canFilter, !isSmall || memory.cursor != nil, let filter {
      activePage = Inquiry.Page(filter: filter)
    }
    let isDue =
      memory.scannedAt.map {
        Deadline(setAt: $0, delay: Self.scanDistance).isDue(at: now + memory.clockOffset)
      } ?? true
    if activePage == nil || isDue || memory.isFilterBroken || memory.cursor != nil {
      scanPage = Inquiry.Page(after: memory.cursor)
    }
  }

  /// The filter is not understood after all: the whole board is read instead.
  mutating func dropFilter() {
    canFilter = false
    activePage = nil
    active = []
    join()
    activeIsComplete = false
    if scanPage == nil, !scanIsComplete { scanPage = Inquiry.Page() }
  }

  /// Pauses the scan for want of time: the next tick goes on from here.
  mutating func pauseForTime() {
    wasPaused = wasPaused || scanPage != nil
    pauseScan()
  }

  private mutating func pauseScan() {
    if let scanPage { memory.cursor = scanPage.after }
    scanPage = nil
  }

  /// Asks for no further page: the board is not as the workflow says, or the server is in trouble.
  mutating func stop() {
    pauseScan()
    activePage = nil
  }

  /// Gives the scan up because the server no longer knows its cursor; the next tick begins a new
  /// one.
  mutating func loseCursor(of inquiry: Inquiry) {
    wasInterrupted = true
    if inquiry.scan?.after != nil { (scanPage, memory.cursor) = (nil, nil) }
    if inquiry.active?.after != nil { activePage = nil }
  }

  mutating func take(
    _ node: BoardNode, _ inquiry: Inquiry, _ faults: ListFaults, reader: BoardReader
  ) {
    defer { join() }
    memory.active = reader.existingActive
    let filter = canFilter ? BoardReader.filter(board, active: reader.existingActive) : nil
    if let asked = inquiry.active {
      if asked.filter != filter {
        // An option was renamed or added since the last tick: the filter asked for other statuses
        // than it should.
        (active, activePage) = ([], nil)
        if let filter, !hasCorrected { activePage = Inquiry.Page(filter: filter) }
        if filter == nil, scanPage == nil, !scanIsComplete { scanPage = Inquiry.Page() }
        hasCorrected = true
      } else if let page = node.active {
        let places = readable(page, faults, "active")
        active += places
        activePage = page.next.map { Inquiry.Page(filter: filter, after: $0) }
        activeIsComplete = activePage == nil
      } else {
        activePage = nil
        activeError = faults.pageError("active")
      }
    }
    guard let asked = inquiry.scan else { return }
    guard let page = node.scan else {
      loseScan(faults.pageError("scan"), filter: inquiry.active == nil ? filter : nil)
      return
    }
    let places = readable(page, faults, "scan")
    scanned += places
    memory.total = page.total
    scanPage = page.next.map { Inquiry.Page(after: $0) }
    memory.cursor = scanPage?.after
    if scanPage == nil { scanIsComplete = true }
    let isFirst = asked.after == scanBegan
    if isFirst, scanPage != nil, inquiry.active == nil, activePage == nil, !activeIsComplete,
      let filter
    {
      activePage = Inquiry.Page(filter: filter)
    }
  }

  /// Notes that a page of the scan was not shown, so that the next tick asks for it again.
  ///
  /// Until then the filtered list counts, where there is one.
  private mutating func loseScan(_ error: TrackerError, filter: String?) {
    scanError = error
    pauseScan()
    if activeIsComplete || activePage != nil || activeError != nil { return }
    if let filter {
      activePage = Inquiry.Page(filter: filter)
    } else {
      activeError = error
    }
  }

  private mutating func readable(_ page: ItemPageNode, _ faults: ListFaults, _ alias: String)
    -> [PlaceNode]
  {
    var places: [PlaceNode] = []
    for (index, place) in page.items.enumerated() {
      guard let place else {
        holes += 1
        continue
      }
      if place.isArchived { continue }
      places.append(place)
      if place.isUnreadable { unreadable.insert(place.id) }
      if let error = faults.error(alias, index, place) { damaged[place.id] = error }
    }
    return places
  }

  private mutating func join() {
    var seen: Set<String> = []
    places = (active + scanned).filter {
      damaged[$0.id] == nil && seen.insert($0.id).inserted
    }
  }

  /// The whole board was read in this one tick.
  var isWhole: Bool { scanIsComplete && scanBegan == nil && damaged.isEmpty && holes == 0 }

  /// Ends this tick's reading and writes down what the next one needs; `now` is on the tracker's
  /// clock.
  ///
  /// - Returns: active items that the filter left out.
  mutating func finish(reader: BoardReader, now: Timestamp, clockOffset: Interval) -> [PlaceNode] {
    memory.clockOffset = clockOffset
    var missed: [PlaceNode] = []
    if activeIsComplete, holes == 0 {
      let listed = Set(active.map(\.id))
      // An item that moved while the board was read proves nothing about the filter.
      missed = scanned.filter { place in
        reader.isActive(place.status) && !listed.contains(place.id) && damaged[place.id] == nil
          && place.updatedAt.map { $0 < now - .minutes(1) } ?? false
      }
    }
    if !missed.isEmpty { memory.isSuspect = true }
    if scanIsComplete, activeIsComplete {
      memory.isFilterBroken = memory.isSuspect
      memory.isSuspect = false
      memory.scannedAt = now
    } else if scanIsComplete, memory.scannedAt == nil {
      // Without a filter every tick scans, and this time is not looked at.
      memory.scannedAt = now
    }
    return missed
  }
}

/// The faults in the items of a page.
struct ListFaults {
  let board: BoardPolicy
  let faults: [GraphQLFault]
  let kind: TokenKind

  private func path(_ alias: String) -> [String] { [board.scope.rawValue, "projectV2", alias] }

  /// Why the page could not be read.
  func pageError(_ alias: String) -> TrackerError {
    let path = path(alias)
    return GraphQLFault.error(
      faults.at(path), what: "reading the items of the board \(BoardReader.name(board))",
      accepted: nil, kind: kind, named: path.count)
  }

  /// Why the item is no candidate; nil when it is whole, or GitHub keeps its content from this
  /// token.
  func error(_ alias: String, _ index: Int, _ place: PlaceNode) -> TrackerError? {
    let path = path(alias) + ["nodes", String(index)]
    let what =
      "the look at \(place.content?.item.key.text ?? "an item") of the board "
      + BoardReader.name(board)
    let found = faults.spoiling(path).filter { fault in
      !(fault.path == path + ["content"] && (place.isUnreadable || place.kind == .redacted))
    }
    if !found.isEmpty {
      return GraphQLFault.error(
        found, what: what, accepted: nil, kind: kind, named: path.count)
    }
    return place.isDamaged ? .malformed("\(what) was answered with something unreadable") : nil
  }
}
