// Comments after a database was lost: their nonces are new, and our own words on the issue are
// found all the same. Nobody else's are, and in ordinary times none.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Synchronization
import Testing

@testable import SymphonyTrackers

@Suite struct FoundByContentTests {
  /// An issue with comments, and how many more were written to it.
  private final class Thread: Sendable {
    let comments: [(author: String, body: String)]
    /// Nil: the token is an App's, and has no user.
    let login: String?
    let written = Mutex(0)
    init(_ comments: [(author: String, body: String)], login: String? = "symphony-bot") {
      (self.comments, self.login) = (comments, login)
    }

    private func answer(_ request: HTTPTransportRequest) -> HTTPTransportResponse {
      func json(_ number: Int, _ author: String, _ body: String) -> Structure {
        .object([
          "created_at": .string(noon.rfc3339), "body": .string(body),
          "html_url": .string("https://github.com/acme/app/issues/1#issuecomment-\(number)"),
          "user": .object(["login": .string(author)]),
        ])
      }
      if request.target == "/user" {
        return login.map { DeliveryWorld.json(.object(["login": .string($0)])) }
          ?? DeliveryWorld.json(
            .object(["message": .string("Resource not accessible by integration")]), status: 403)
      }
      if request.method == "POST" {
        written.withLock { $0 += 1 }
        return DeliveryWorld.json(json(99, "symphony-bot", ""), status: 201)
      }
      let list = comments.enumerated().map {
        json($0.offset + 1, $0.element.author, $0.element.body)
      }
      return DeliveryWorld.json(.list(list))
    }

    func deliver(_ text: String, mayBeThere: Bool? = true) async throws(TrackerError) -> Delivery {
      let tracker = makeTracker(
        FakeTransport { (request) throws(TransportError) in self.answer(request) })
      return try await tracker.deliver(
        commentEntry(text, tries: 1, nonce: "new", mayBeThere: mayBeThere), pullRequest: nil)
    }
    var isDoubled: Bool { written.withLock { $0 } > 0 }
  }

  private static let text = "Opened a pull request:\n\nhttps://github.com/acme/app/pull/7"
  private static func marked(_ text: String = text) -> String {
    text + "\n\n" + CommentMarker.make("old")
  }

  @Test("our own words under another nonce are found", arguments: ["\n", "\r\n"])
  func found(lineEnd: String) async throws {
    let body = Self.marked().replacing("\n", with: lineEnd) + lineEnd
    let thread = Thread([("ann", "hello"), ("Symphony-Bot", body)])
    #expect(
      try await thread.deliver(Self.text)
        == .comment(url: "https://github.com/acme/app/issues/1#issuecomment-2"))
    #expect(!thread.isDoubled)
  }

  @Test func anAppFindsItsOwn() async throws {
    let thread = Thread(
      [("mallory", Self.marked()), ("symphony[bot]", Self.marked())], login: nil)
    #expect(
      try await thread.deliver(Self.text)
        == .comment(url: "https://github.com/acme/app/issues/1#issuecomment-2"))
  }

  @Test(
    "nobody else's words are, nor other ones",
    arguments: [
      ("mallory", marked()), ("symphony-bot", text), ("symphony-bot", marked("Something else")),
      ("symphony-bot", marked() + "\n\nP.S."), ("symphony-bot", "> " + marked()),
    ])
  func foreign(author: String, body: String) async throws {
    let thread = Thread([(author, body)])
    _ = try await thread.deliver(Self.text)
    #expect(thread.isDoubled, "it was taken for ours")
  }

  @Test func inOrdinaryTimesTheNonceDecides() async throws {
    let thread = Thread([("symphony-bot", Self.marked())])
    _ = try await thread.deliver(Self.text, mayBeThere: nil)
    #expect(thread.isDoubled)
  }

  @Test func aFolderFindsItsOwn() async throws {
    let directory = try TemporaryDirectory("content")
    try directory.directory("project/issues")
    try directory.write("project/issues/1.md", "---\ntitle: One\n---\n")
    var policy = TrackerPolicy()
    policy.kind = .local
    policy.directory = directory.file("project/issues")
    let tracker = LocalTracker(
      policy: policy, projectDirectory: directory.file("project"), environment: Git.environment,
      now: { noon }, betweenLooks: {})
    func deliver(_ text: String, nonce: String, _ mayBeThere: Bool?) async throws -> Delivery {
      try await tracker.deliver(
        commentEntry(
          text, tries: 1, nonce: nonce, createdAt: Timestamp(milliseconds: 0),
          mayBeThere: mayBeThere), pullRequest: nil)
    }
    let first = try await deliver("Done.", nonce: "11111111", nil)
    #expect(try await deliver("Done.", nonce: "22222222", true) == first)
    #expect(try await deliver("Done. Again.", nonce: "33333333", true) != first)
    #expect(try await deliver("Done.", nonce: "44444444", nil) != first)
  }
}
