// The memory of a board's survey for the next tick: the statuses to ask for, how far a scan of the
// whole board has come, whether the server's filter can be trusted, and the last candidates for
// ticks that send no request. Kept as two entries of TrackerMemory.
import SymphonyCore

struct BoardMemory: Codable, Hashable {
  /// Active statuses as the board spells them; nil: never seen.
  var active: [String]?
  /// Items on the board that are not archived.
  var total: Int?
  /// When the last scan of the whole board ended, on the tracker's clock.
  var scannedAt: Timestamp?
  /// The tracker's clock minus ours, when it was last asked.
  var clockOffset = Interval.zero
  /// The cursor from which a scan that ran out of time goes on; nil: from the beginning.
  var cursor: String?
  /// An active item was missing from the filtered list during this scan.
  var isSuspect = false
  /// The last scan found that the filter leaves active items out: every tick scans.
  var isFilterBroken = false

  static func recall(_ memory: TrackerMemory, _ board: BoardPolicy) -> BoardMemory {
    memory.read(key(board), as: BoardMemory.self) ?? BoardMemory()
  }
  func store(_ memory: TrackerMemory, _ board: BoardPolicy) {
    memory.write(Self.key(board), self)
  }
  private static func key(_ board: BoardPolicy) -> String {
    "symphony:board:\(board.owner.folded)/\(board.number):\(board.statusField.folded)"
  }
}

/// The active items of the last poll, with the repositories they are in.
struct KeptCandidates: Codable {
  private struct KeptRepository: Codable {
    var name: RepositoryName
    var defaultBranch: String
    var cloneURL: String
    var credentialScope: String?
    var isPrivate: Bool
    var htmlURL: String
    var obstacle: RepositoryObstacle?
  }
  var items: [WorkItem]
  var statusProblem: String?
  private var places: [KeptRepository]

  var repositories: [RepositoryFacts] {
    places.map { place in
      var facts = RepositoryFacts(
        name: place.name, defaultBranch: place.defaultBranch, cloneURL: place.cloneURL,
        credentialScope: place.credentialScope, isPrivate: place.isPrivate, htmlURL: place.htmlURL)
      facts.obstacle = place.obstacle
      return facts
    }
  }

  init(items: [WorkItem], repositories: [RepositoryFacts], statusProblem: String?) {
    self.items = items
    self.statusProblem = statusProblem
    places = repositories.map { facts in
      KeptRepository(
        name: facts.name, defaultBranch: facts.defaultBranch, cloneURL: facts.cloneURL,
        credentialScope: facts.credentialScope, isPrivate: facts.isPrivate, htmlURL: facts.htmlURL,
        obstacle: facts.obstacle)
    }
  }

  static func recall(_ memory: TrackerMemory, _ board: BoardPolicy) -> KeptCandidates? {
    memory.read(key(board), as: KeptCandidates.self)
  }
  func store(_ memory: TrackerMemory, _ board: BoardPolicy) {
    memory.write(Self.key(board), self)
  }
  private static func key(_ board: BoardPolicy) -> String {
    "symphony:candidates:\(board.owner.folded)/\(board.number)"
  }
}
