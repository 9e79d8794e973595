// Answers with holes and faults in them: an item that was half answered is unknown, a list whose
// page is missing has failed, and something else in an item's place is not the item.
import SymphonyCore
import Testing

@testable import SymphonyTrackers

@Suite struct HalfAnswerTests {
  private static let repository = """
    {"nameWithOwner":"acme/app","url":"https://github.com/acme/app","isPrivate":true,\
    "viewerPermission":"WRITE","defaultBranchRef":{"name":"main"}}
    """
  private static let labels = "{\"nodes\":[{\"name\":\"symphony\"}]}"
  private static let todo = "{\"name\":\"Todo\"}"

  private static func issue(
    _ number: Int, id: String? = nil, labels: String = labels, _ more: String = ""
  ) -> String {
    """
    {"__typename":"Issue","id":"\(id ?? "I_\(number)")","number":\(number),"title":"T",\
    "state":"OPEN","labels":\(labels),"repository":\(repository)\(more)}
    """
  }
  /// Where an issue stands on our board.
  private static func standing(_ number: Int, status: String = todo) -> String {
    """
    ,"projectItems":{"totalCount":1,"nodes":[{"id":"PVTI_\(number)","type":"ISSUE",\
    "isArchived":false,"status":\(status),\
    "project":{"id":"PVT_1","number":1,"owner":{"login":"acme"}}}]}
    """
  }
  private static func listed(_ number: Int, status: String = todo, labels: String = labels)
    -> String
  {
    """
    {"id":"PVTI_\(number)","type":"ISSUE","isArchived":false,"status":\(status),\
    "content":\(issue(number, labels: labels))}
    """
  }
  private static func page(_ items: [String], next: String? = nil) -> String {
    let more = next.map { "true,\"endCursor\":\"\($0)\"" } ?? "false"
    return """
      {"totalCount":500,"pageInfo":{"hasNextPage":\(more)},\
      "nodes":[\(items.joined(separator: ","))]}
      """
  }
  private static let goodFields = """
    [{"name":"Status","dataType":"SINGLE_SELECT","options":[{"name":"Todo"}]}]
    """
  private static func board(_ lists: String, fields: String = goodFields) -> String {
    """
    "organization":{"projectV2":{"id":"PVT_1","number":1,"title":"B","closed":false,\
    "fields":{"nodes":\(fields)},\(lists)}}
    """
  }
  private static func fault(_ path: String, type: String = "SERVICE_UNAVAILABLE") -> String {
    "{\"type\":\"\(type)\",\"message\":\"Try again\",\"path\":[\(path)]}"
  }
  private static func answer(_ parts: [String], _ faults: [String] = []) -> String {
    "{\"data\":{\(parts.joined(separator: ","))},\"errors\":[\(faults.joined(separator: ","))]}"
  }

  private func tracker(
    _ answers: [String], cache: MemoryCache = MemoryCache(), board: Bool = true
  ) -> (GitHubTracker, FakeTransport) {
    let rest = Replies(answers)
    let transport = FakeTransport { _ throws(TransportError) in .json(rest.next()) }
    let tracker = makeTracker(transport, cache: cache) {
      guard board else { return }
      $0.board = BoardPolicy(owner: "acme", number: 1)
      $0.activeStatuses = ["Todo"]
    }
    return (tracker, transport)
  }
  private func isUnknown(_ survey: Survey, _ number: Int) -> Bool {
    if case .unknown? = survey.answers[ItemID("I_\(number)")] { true } else { false }
  }
  private func isFound(_ survey: Survey, _ number: Int) -> Bool {
    if case .found? = survey.answers[ItemID("I_\(number)")] { true } else { false }
  }
  private func numbers(_ survey: Survey) -> [Int]? {
    guard case .items(let items) = survey.candidates else { return nil }
    return items.compactMap(\.number)
  }

  // MARK: Items

  @Test(arguments: [
    ("null", todo, "\"watched\",0,\"labels\""),
    ("{\"nodes\":[null]}", todo, "\"watched\",0,\"labels\",\"nodes\",0"),
    (labels, "null", "\"watched\",0,\"projectItems\",\"nodes\",0,\"status\""),
    // Without a fault, a list of labels with a hole is damage all the same.
    ("null", todo, ""), ("{\"nodes\":[null]}", todo, ""),
  ])
  func aHalfAnsweredItemIsUnknown(_ labels: String, _ status: String, _ path: String) async {
    let watched = "\"watched\":[\(Self.issue(1, labels: labels, Self.standing(1, status: status)))"
    let text = Self.answer(
      [
        Self.board("\"scan\":\(Self.page([]))"),
        "\(watched),\(Self.issue(2, Self.standing(2)))]", "\"links\":[]",
      ], path.isEmpty ? [] : [Self.fault(path)])
    let watches = [watch(1), watch(2)]
    let survey = await tracker([text]).0.survey(
      SurveyQuestion(watched: watches, cachedOnly: false))
    let confirmed = await tracker([text]).0.confirm(watches)
    for survey in [survey, confirmed] {
      #expect(isUnknown(survey, 1))
      #expect(isFound(survey, 2))
    }
  }

  @Test func dependenciesAndForeignBoardsSpoilNoItem() async throws {
    let own = Self.standing(1).replacing("\"totalCount\":1,\"nodes\":[", with: "\"nodes\":[null,")
    let text = Self.answer(
      [
        Self.board("\"scan\":\(Self.page([]))"),
        "\"watched\":[\(Self.issue(1, own + ",\"issueDependenciesSummary\":null"))]",
      ],
      [
        Self.fault("\"watched\",0,\"issueDependenciesSummary\""),
        Self.fault("\"watched\",0,\"projectItems\",\"nodes\",0", type: "FORBIDDEN"),
      ])
    let survey = await tracker([text]).0.confirm([watch(1)])
    guard case .found(let item)? = survey.answers[ItemID("I_1")] else {
      Issue.record("\(survey.answers)")
      return
    }
    #expect(item.status == "Todo")
    #expect(!item.dependenciesKnown)
  }

  @Test(arguments: [
    (listed(1, status: "null"), "\"status\""),
    (listed(1, labels: "null"), "\"content\",\"labels\""), (listed(1, labels: "null"), ""),
  ])
  func aHalfAnsweredEntryIsNoCandidate(_ entry: String, _ path: String) async {
    let place = "\"organization\",\"projectV2\",\"scan\",\"nodes\",0"
    let text = Self.answer(
      [
        Self.board("\"scan\":\(Self.page([entry, Self.listed(2)]))"),
        "\"watched\":[\(Self.issue(1, Self.standing(1))),\(Self.issue(2, Self.standing(2)))]",
      ], path.isEmpty ? [] : [Self.fault("\(place),\(path)")])
    let survey = await tracker([text]).0.survey(
      SurveyQuestion(watched: [watch(1), watch(2)], cachedOnly: false))
    #expect(numbers(survey) == [2])
    #expect(survey.isFiltered, "its absence is no evidence")
    #expect(isUnknown(survey, 1) && isFound(survey, 2))
    #expect(survey.notices.contains { $0.contains("neither started nor ended") })
  }

  // MARK: Lists

  @Test func aMissingPageIsAFailedList() async {
    let cache = MemoryCache()
    let first = Self.answer([Self.board("\"scan\":\(Self.page([Self.listed(1)], next: "c"))")])
    let active = Self.answer(
      [
        Self.board("\"active\":\(Self.page([Self.listed(1)])),\"scan\":null")
      ], [Self.fault("\"organization\",\"projectV2\",\"scan\"")])
    let cold = await tracker([first, active], cache: cache).0.survey(
      SurveyQuestion(watched: [], cachedOnly: false))
    #expect(numbers(cold) == [1], "the filtered list is whole")
    #expect(cold.isFiltered)
    #expect(cold.notices.contains { $0.contains("Try again") })
    let (second, transport) = tracker(
      [
        Self.answer(
          [Self.board("\"active\":null,\"scan\":\(Self.page([Self.listed(1)]))")],
          [Self.fault("\"organization\",\"projectV2\",\"active\"")])
      ], cache: cache)
    let survey = await second.survey(SurveyQuestion(watched: [], cachedOnly: false))
    guard case .failed(.unreachable(let why)) = survey.candidates else {
      Issue.record("\(survey.candidates)")
      return
    }
    #expect(why.contains("Try again"))
    let asked = String(decoding: transport.requests.first?.body ?? [], as: UTF8.self)
    #expect(asked.contains("scan: items"), "the scan goes on where it failed")
    #expect(asked.contains("\"scanAfter\":\"c\""))
  }

  @Test func fieldsHalfShownAreNoMistakeOfTheWorkflow() async {
    let text = Self.answer(
      [
        Self.board("\"scan\":\(Self.page([Self.listed(1)]))", fields: "[null]"),
        "\"watched\":[\(Self.issue(1, Self.standing(1)))]",
      ], [Self.fault("\"organization\",\"projectV2\",\"fields\",\"nodes\",0")])
    let survey = await tracker([text]).0.survey(
      SurveyQuestion(watched: [watch(1)], cachedOnly: false))
    #expect(survey.statusProblem == nil)
    guard case .failed(.unreachable) = survey.candidates else {
      Issue.record("\(survey.candidates)")
      return
    }
    #expect(isUnknown(survey, 1))
  }

  // MARK: Places

  @Test func somethingElseInItsPlaceIsNotTheItem() async {
    let links = [2, 1].map { "{\"id\":\"I_\($0)\",\"number\":\($0)}" }.joined(separator: ",")
    // In another order, by their ids.
    let swapped = Self.answer([
      "\"watched\":[\(Self.issue(2)),\(Self.issue(1))]", "\"links\":[\(links)]",
    ])
    let known = await tracker([swapped], board: false).0.confirm([watch(1), watch(2)])
    for number in [1, 2] {
      guard case .found(let item)? = known.answers[ItemID("I_\(number)")] else {
        Issue.record("\(known.answers)")
        continue
      }
      #expect(item.number == number)
      #expect(item.dependenciesKnown)
    }
    // Under an unknown id, and with another number.
    let strange = Self.answer([
      "\"watched\":[\(Self.issue(7, id: "X")),\(Self.issue(2, id: "Y"))]",
      "\"links\":[{\"id\":\"Z\",\"number\":1},{\"id\":\"Z\",\"number\":9}]",
    ])
    let survey = await tracker([strange], board: false).0.confirm([watch(1), watch(2)])
    #expect(isUnknown(survey, 1))
    guard case .found(let item)? = survey.answers[ItemID("I_2")] else {
      Issue.record("\(survey.answers)")
      return
    }
    #expect(!item.dependenciesKnown, "those are somebody else's")
  }
}
