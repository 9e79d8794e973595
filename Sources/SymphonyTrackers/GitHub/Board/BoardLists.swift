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
  /// Nil: nothing more to ask.
  private(set) var activePage: Inquiry.Page?
  private(set) var scanPage: Inquiry.Page?
  private var active: [PlaceNode] = []
  private var scanned: [PlaceNode] = []
  private var activeIsComplete = false
  private var scanIsComplete = false
  private let scanBegan: String?
  private var hasCorrected = false
  private(set) var unreadable: Set<String> = []
  /// The server lost the place we had come to.
  private(set) var wasInterrupted = false

  /// - Parameters:
  ///   - now: On our clock: the tracker's is not known before it answers.
  ///   - canFilter: The server knows `items(query:)`.
  init(board: BoardPolicy, memory: BoardMemory, now: Timestamp, canFilter: Bool, pageSize: Int) {
    self.board = board
    self.memory = memory
    self.canFilter = canFilter
    scanBegan = memory.cursor
    // A board of one page is read whole for the price of its filtered list.
    let isSmall = memory.total.map { $0 <= pageSize } ?? false
    let filter = memory.active.flatMap { BoardReader.filter(board, active: $0) }
    if canFilter, !isSmall, let filter { activePage = Inquiry.Page(filter: filter) }
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
    activeIsComplete = false
    if scanPage == nil, !scanIsComplete { scanPage = Inquiry.Page() }
  }

  /// There is no time left for the whole board: the next tick goes on from here.
  mutating func pauseScan() {
    if let scanPage { memory.cursor = scanPage.after }
    scanPage = nil
  }

  /// Asks for no further page: the board is not as the workflow says, or the server is in trouble.
  mutating func stop() {
    pauseScan()
    activePage = nil
  }

  /// The server does not know a cursor any more: the scan is given up, and the next tick begins a
  /// new one.
  mutating func loseCursor(of inquiry: Inquiry) {
    wasInterrupted = true
    if inquiry.scan?.after != nil { (scanPage, memory.cursor) = (nil, nil) }
    if inquiry.active?.after != nil { activePage = nil }
  }

  mutating func take(_ node: BoardNode, _ inquiry: Inquiry, reader: BoardReader) {
    memory.active = reader.existingActive
    let filter = canFilter ? BoardReader.filter(board, active: reader.existingActive) : nil
    if let asked = inquiry.active {
      if asked.filter != filter {
        // An option was renamed or came since the last tick: what was asked is not the question.
        (active, activePage) = ([], nil)
        if let filter, !hasCorrected { activePage = Inquiry.Page(filter: filter) }
        if filter == nil, scanPage == nil, !scanIsComplete { scanPage = Inquiry.Page() }
        hasCorrected = true
      } else if let page = node.active {
        let places = readable(page)
        active += places
        activePage = page.next.map { Inquiry.Page(filter: filter, after: $0) }
        activeIsComplete = activePage == nil
      } else {
        activePage = nil
      }
    }
    guard let asked = inquiry.scan else { return }
    guard let page = node.scan else { return stop() }
    let places = readable(page)
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

  private mutating func readable(_ page: ItemPageNode) -> [PlaceNode] {
    let places = page.items.compactMap { $0 }.filter { !$0.isArchived }
    for place in places where place.isUnreadable { unreadable.insert(place.id) }
    return places
  }

  /// Every item read in this tick, once: pages of a board that changes meanwhile overlap.
  var places: [PlaceNode] {
    var seen: Set<String> = []
    return (active + scanned).filter { seen.insert($0.id).inserted }
  }

  /// The whole board was read in this one tick.
  var isWhole: Bool { scanIsComplete && scanBegan == nil }

  /// Closes the books of this tick; `now` is on the tracker's clock.
  /// - Returns: active items the filter left out.
  mutating func finish(reader: BoardReader, now: Timestamp, clockOffset: Interval) -> [PlaceNode] {
    memory.clockOffset = clockOffset
    var missed: [PlaceNode] = []
    if activeIsComplete {
      let listed = Set(active.map(\.id))
      // One that moved while we were reading is no evidence.
      missed = scanned.filter { place in
        reader.isActive(place.status) && !listed.contains(place.id)
          && place.updatedAt.map { $0 < now - .minutes(1) } ?? false
      }
    }
    if !missed.isEmpty { memory.isSuspect = true }
    if scanIsComplete, activeIsComplete {
      memory.isFilterBroken = memory.isSuspect
      memory.isSuspect = false
      memory.scannedAt = now
    } else if scanIsComplete, memory.scannedAt == nil {
      // Without a filter every tick scans, and the stamp is not looked at.
      memory.scannedAt = now
    }
    return missed
  }
}
