// Pieces of feedback in the database: what goes in comes out, what was said is written once, and
// which nonces are ours is known of every debt there ever was.
import SymphonyCore
import Testing

@testable import SymphonyStore

struct PieceTests {
  private func piece(_ kind: Piece.Kind, _ state: Piece.State) -> Piece {
    var words = PieceWords(text: "Ünïcode\n\"quoted\"", at: Sample.now, author: "rita")
    words.url = "https://example.test/pull/7#discussion_r1"
    words.path = "Sources/a b.swift"
    (words.firstLine, words.lastLine, words.isOutdated) = (3, 5, true)
    words.hunk = "@@ -1 +1 @@"
    (words.thread, words.replyTo, words.review) = ("PRRT_1", 5, "PRR_1")
    words.verdict = .changesRequested
    (words.head, words.check, words.conclusion) = ("abc", "test", "FAILURE")
    (words.isRequired, words.job) = (true, 9)
    var piece = Piece(
      item: ItemID("a"), id: Piece.ID(kind, "key \(state)", version: "v1"), state: state,
      seenAt: Sample.now, words: words)
    piece.generation = 3
    piece.number = 2
    piece.answer = PieceAnswer(.declined, "it is used")
    return piece
  }

  @Test func everyKindInEveryState() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    try store.commit([.putItem(Sample.item("a"))], basis: nil)
    let pieces = Piece.Kind.allCases.flatMap { kind in
      Piece.State.allCases.map { piece(kind, $0) }
    }
    try store.commit(pieces.reversed().map { .putPiece($0) }, basis: nil)
    #expect(try store.load().pieces == pieces.sorted { $0.id < $1.id })
    #expect(try store.pieces(of: ItemID("a")).count == pieces.count)
    #expect(try store.pieces(of: ItemID("b")).isEmpty)
  }

  @Test func whatWasSaidIsWrittenOnce() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    let first = piece(.line, .seen)
    try store.commit([.putItem(Sample.item("a")), .putPiece(first)], basis: nil)
    var later = first
    later.words.text = "something else"
    later.state = .handed
    later.generation = 4
    try store.commit([.putPiece(later)], basis: nil)
    let found = try #require(try store.load().pieces.first)
    #expect(found.words == first.words)
    #expect(found.state == .handed)
    #expect(found.generation == 4)
  }

  @Test func piecesOfWhatRestsAreNotLoaded() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    var done = Sample.item("a")
    done.claim = .released(Release(reason: .closed, at: Sample.now, pullRequest: nil))
    try store.commit([.putItem(done), .putPiece(piece(.line, .answered))], basis: nil)
    #expect(try store.load(.awake).pieces.isEmpty)
    #expect(try store.load(.everything).pieces.count == 1)
  }

  @Test func whatRestsForLongLosesThem() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    for (name, days) in [("a", Int64(91)), ("b", 89)] {
      var done = Sample.item(name)
      done.claim = .released(
        Release(reason: .closed, at: store.openedAt - .days(days), pullRequest: nil))
      var piece = piece(.line, .answered)
      piece.item = ItemID(name)
      try store.commit([.putItem(done), .putPiece(piece)], basis: nil)
    }
    _ = try store.trimRuns(RetentionPolicy(), sparing: [])
    #expect(try store.load().pieces.map(\.item) == [ItemID("b")])
  }

  @Test func followUpIsKept() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    var record = Sample.item("a")
    var followUp = FollowUp()
    (followUp.digest, followUp.readAt) = ("d", Sample.now)
    (followUp.head, followUp.headSince) = ("abc", Sample.now)
    followUp.checks = FollowUp.ChecksRead(head: "abc", counts: CheckCounts())
    followUp.checks?.alsoOnBase = ["test"]
    (followUp.rounds, followUp.checkRounds, followUp.conflictRounds) = (3, 2, 1)
    followUp.resolved = ["PRRT_1"]
    followUp.approvals = ["rita": "abc"]
    followUp.refuse("no")
    record.followUp = followUp
    try store.commit([.putItem(record)], basis: nil)
    #expect(try store.load().items == [record])
  }

  @Test func noncesOfEveryDebtAreKnown() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    var paid = Sample.comment("a", key: "paid")
    paid.nonce = "n1"
    var owed = Sample.comment("a", key: "owed")
    owed.nonce = "n2"
    try store.commit(
      [.putItem(Sample.item("a")), .insertOutbox(paid), .insertOutbox(owed)], basis: nil)
    paid.id = try #require(try store.load().outbox.first?.id)
    paid.state = .delivered
    try store.commit([.putOutbox(paid)], basis: nil)
    #expect(try store.knownNonces(among: ["n1", "n2", "n3"]) == ["n1", "n2"])
    #expect(try store.knownNonces(among: []).isEmpty)
  }
}
