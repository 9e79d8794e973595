// The last look before a launch: everything about the few items a plan would start, in one request
// for up to twenty of them, never from a cache. Blockers and sub-issues come by name, each branch
// with its pull requests. GitHubTracker runs it, with a board and without.
import SymphonyCore

struct Confirmation {
  /// All values and links of an item weigh more than a line of a list.
  private static let portion = 20

  private let tracker: GitHubTracker
  private let items: [SurveyQuestion.Watched]
  private var inquirer: Inquirer
  private var reading: AnswerReading

  init(tracker: GitHubTracker, items: [SurveyQuestion.Watched]) {
    self.tracker = tracker
    self.items = items
    inquirer = Inquirer(tracker)
    reading = AnswerReading(
      policy: tracker.policy, kind: tracker.client.tokens.kind, watched: items)
  }

  mutating func run() async -> Survey {
    var rest = items[...]
    while !rest.isEmpty {
      let portion = Array(rest.prefix(Self.portion))
      rest = rest.dropFirst(Self.portion)
      let repositories = Inquiry.Repository.gather(
        portion.map { ($0.repository, $0.branch) }, [], but: tracker.policy.board?.ownPlace)
      if let error = await ask(portion.map(\.id), repositories, boards: 10) {
        reading.fail(rest.map(\.id), error)
        break
      }
      if !reading.crowded.isEmpty { _ = await ask(reading.crowded, [], boards: 100) }
    }
    reading.decideLost()
    var survey = reading.survey
    let origins = Origins(tracker)
    await origins.resolve(&survey)
    await origins.resolveComments(&survey, SurveyQuestion(watched: items, cachedOnly: false))
    await PullRequestLook.run(tracker, items, into: &survey)
    return tracker.count(survey)
  }

  /// - Returns: why there is no answer; the items know it by then.
  private mutating func ask(_ ids: [ItemID], _ repositories: [Inquiry.Repository], boards: Int)
    async
    -> TrackerError?
  {
    var inquiry = Inquiry(
      name: "Confirmation", wantsBoard: tracker.policy.board != nil, watched: ids,
      placesPerItem: boards, isInFull: true, repositories: repositories, wantsViewer: true)
    let talked = Set(items.filter { $0.commentsSince != nil && $0.number != nil }.map(\.id))
    inquiry.commented = ids.filter(talked.contains)
    do throws(TrackerError) {
      let (reply, faults) = try await inquirer.ask(inquiry)
      reading.take(inquiry, reply, faults)
      return nil
    } catch {
      reading.fail(ids, error)
      return error
    }
  }
}
