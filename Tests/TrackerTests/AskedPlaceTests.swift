// Answers about watched items belong to what was asked in their place: GitHub may write the id of an
// older object in another format than REST did. And what people read about such places names them,
// not the aliases of our documents.
import FoundationEssentials
import SymphonyCore
import SymphonyTestSupport
import Testing

@testable import SymphonyTrackers

@Suite struct AskedPlaceTests {
  private static let repository = """
    {"nameWithOwner":"acme/app","url":"https://github.com/acme/app","isPrivate":true,\
    "viewerPermission":"WRITE","defaultBranchRef":{"name":"main"}}
    """
  private static let todo = "\"status\":{\"name\":\"Todo\"}"

  private static func issue(_ number: Int, _ more: String = "") -> String {
    """
    {"__typename":"Issue","id":"MDU6SXNzdWU\(number)","number":\(number),"title":"T",\
    "state":"OPEN","labels":{"nodes":[{"name":"symphony"}]},"repository":\(repository)\(more)}
    """
  }
  private static func links(_ number: Int) -> String {
    """
    {"id":"MDU6SXNzdWU\(number)","blockedBy":{"nodes":[{"id":"MDU6SXNzdWU9","number":\(number)9,\
    "state":"OPEN","repository":{"nameWithOwner":"acme/app"}}]}}
    """
  }
  private static func place(_ number: Int, _ more: String) -> String {
    "{\"id\":\"PVTI_\(number)\",\"type\":\"ISSUE\",\"isArchived\":false,\(todo),\(more)}"
  }

  private func found(_ survey: Survey, _ id: String) -> WorkItem? {
    if case .found(let item)? = survey.answers[ItemID(id)] { item } else { nil }
  }

  @Test func aConfirmedItemKeepsTheIDItWasAskedBy() async throws {
    let answer = """
      {"data":{"watched":[\(Self.issue(2)),\(Self.issue(1))],
      "links":[\(Self.links(2)),\(Self.links(1))],"r0":\(Self.repository)}}
      """
    let tracker = makeTracker(FakeTransport { _ throws(TransportError) in .json(answer) })
    let survey = await tracker.confirm([watch(2), watch(1)])
    for number in [1, 2] {
      let item = try #require(found(survey, "I_\(number)"))
      #expect(item.id == ItemID("I_\(number)"))
      #expect(item.number == number)
      #expect(item.blockedBy.map(\.key.text) == ["acme/app#\(number)9"])
      #expect(item.dependenciesKnown)
    }
    #expect(survey.answers.count == 2)
  }

  @Test func aWatchedItemOnTheBoardIsOneItem() async throws {
    let blocked = ",\"issueDependenciesSummary\":{\"blockedBy\":1}"
    let project = "\"project\":{\"id\":\"PVT_1\",\"number\":1,\"owner\":{\"login\":\"acme\"}}"
    let standing = ",\"projectItems\":{\"totalCount\":1,\"nodes\":[\(Self.place(1, project))]}"
    let listed = Self.place(1, "\"content\":\(Self.issue(1, blocked))")
    let answer = """
      {"data":{"organization":{"projectV2":{"id":"PVT_1","number":1,"title":"B","closed":false,
      "fields":{"nodes":[{"name":"Status","dataType":"SINGLE_SELECT",
      "options":[{"name":"Todo"}]}]},"scan":{"totalCount":1,"pageInfo":{"hasNextPage":false},
      "nodes":[\(listed)]}}},"watched":[\(Self.issue(1, blocked + standing))],
      "links":[\(Self.links(1))],"r0":\(Self.repository)}}
      """
    let transport = FakeTransport { _ throws(TransportError) in .json(answer) }
    let cache = MemoryCache()
    for requests in [2, 3] {
      let tracker = makeTracker(transport, cache: cache) {
        $0.board = BoardPolicy(owner: "acme", number: 1)
        $0.activeStatuses = ["Todo"]
      }
      let survey = await tracker.survey(SurveyQuestion(watched: [watch(1)], cachedOnly: false))
      guard case .items(let items) = survey.candidates else {
        Issue.record("\(survey.candidates)")
        return
      }
      #expect(items.map(\.id) == [ItemID("I_1")], "it would be started a second time")
      #expect(items.first?.status == "Todo")
      #expect(items.first?.blockedBy.map(\.key.text) == ["acme/app#19"])
      #expect(found(survey, "I_1") == items.first)
      // The names of what blocks it are remembered.
      #expect(transport.requests.count == requests)
    }
  }

  @Test func aHiddenRepositoryIsNamedOnce() throws {
    let names = ["acme/app", "acme/lost"].compactMap { RepositoryName($0) }
    var reading = AnswerReading(policy: TrackerPolicy(), kind: .classic, watched: [watch(1)])
    for hidden in [1, 0] {
      var inquiry = Inquiry(name: "Look", watched: [ItemID("I_1")])
      inquiry.repositories = (hidden == 1 ? names : names.reversed()).map {
        Inquiry.Repository(name: $0)
      }
      let reply = try JSONDecoder().decode(
        InquiryReply.self,
        from: Data(
          "{\"r\(1 - hidden)\":\(Self.repository),\"r\(hidden)\":null,\"watched\":[null]}".utf8))
      let faults = [["r\(hidden)"], ["watched", "0"]].map { path in
        GraphQLFault(type: "NOT_FOUND", code: nil, message: "GitHub's words.", path: path)
      }
      reading.take(inquiry, reply, faults)
    }
    #expect(reading.survey.notices.count == 1)
    let notice = try #require(reading.survey.notices.first)
    #expect(notice.contains("acme/lost") && !notice.contains("(at"), "\(notice)")
    guard case .unknown(let error)? = reading.survey.answers[ItemID("I_1")] else {
      Issue.record("\(String(describing: reading.survey.answers))")
      return
    }
    #expect(error.sentence == "the look at acme/app#1 did not find it: GitHub's words.")
  }
}
