// One look at the pull requests that wait for people: a digest of all of them in one request; then,
// only where that digest or the question asks for it, what was said, the checks that are not green
// and their logs. GitHubTracker calls it behind each survey and confirmation. What cannot be read
// leaves no view and a notice: the planner is never given a half of the truth.
import SymphonyCore

/// A pull request that is followed.
struct FollowedPullRequest {
  var item: ItemID
  var repository: RepositoryName
  var ref: PullRequestRef
  var question: FollowQuestion
  var name: String { "\(repository)#\(ref.number)" }
}

struct PullRequestLook {
  /// Pull requests of one request: of digests, and of conversations.
  private static let portion = 100
  private static let smallestPortion = 25
  private static let conversationPortion = 10
  private static let key = "symphony:merge-states"

  private let tracker: GitHubTracker
  private let isPrivate: [RepositoryName: Bool]
  private var inquirer: PullRequestInquirer
  private var views: [ItemID: PullRequestView] = [:]
  private var logs: [Int64: CheckLog] = [:]
  private var notices: [String] = []
  /// Pull requests that could not be read, by the reason.
  private var failures: [(why: String, names: [String])] = []
  private var mergeStates: [String: [String]]

  /// Asks nothing where no pull request is followed.
  static func run(
    _ tracker: GitHubTracker, _ watched: [SurveyQuestion.Watched], into survey: inout Survey
  ) async {
    let followed = followed(watched, survey)
    if followed.isEmpty { return }
    var look = PullRequestLook(tracker, survey)
    await look.run(followed)
    survey.views = look.views
    survey.logs = look.logs
    survey.notices += look.notices
    for (why, names) in look.failures {
      survey.notices.append("not followed up this time: \(names.joined(separator: ", ")): \(why)")
    }
  }

  /// Those that are not known to have ended.
  private static func followed(_ watched: [SurveyQuestion.Watched], _ survey: Survey)
    -> [FollowedPullRequest]
  {
    watched.compactMap { one in
      guard let question = one.follow, let ref = one.pullRequest else { return nil }
      let fact = survey.pullRequest(of: HeadRef(one.repository, one.branch))
      if let fact, fact.ref.number == ref.number, fact.state != .open { return nil }
      return FollowedPullRequest(
        item: one.id, repository: one.repository, ref: ref, question: question)
    }
  }

  private init(_ tracker: GitHubTracker, _ survey: Survey) {
    self.tracker = tracker
    inquirer = PullRequestInquirer(tracker)
    isPrivate = Dictionary(survey.repositories.map { ($0.name, $0.isPrivate) }) { $0 && $1 }
    mergeStates = tracker.memory.read(Self.key, as: [String: [String]].self) ?? [:]
  }

  private mutating func run(_ followed: [FollowedPullRequest]) async {
    await readDigests(followed)
    await readConversations(
      followed.filter { one in
        views[one.item].map { view in
          one.question.wantsConversation || one.question.digest != view.digest
        } ?? false
      })
    for one in followed { await readChecks(one) }
    for one in followed where views[one.item] != nil { await readLogs(one) }
  }

  private mutating func fail(_ one: FollowedPullRequest, _ error: TrackerError) {
    views[one.item] = nil
    if let known = failures.firstIndex(where: { $0.why == error.sentence }) {
      failures[known].names.append(one.name)
    } else {
      failures.append((error.sentence, [one.name]))
    }
  }

  // MARK: Digests

  private mutating func readDigests(_ followed: [FollowedPullRequest]) async {
    var rest = followed[...]
    var size = Self.portion
    while !rest.isEmpty {
      let portion = Array(rest.prefix(size))
      do throws(TrackerError) {
        let answer = try await inquirer.ask { PullRequestDocuments.digest(portion, $0) }
        for (index, one) in portion.enumerated() { take(one, answer, at: ["r\(index)"]) }
      } catch {
        if error.asksForLess, portion.count > Self.smallestPortion {
          size = max(Self.smallestPortion, size / 2)
          continue
        }
        for one in rest { fail(one, error) }
        break
      }
      rest = rest.dropFirst(portion.count)
    }
    remember(followed)
  }

  private mutating func take(
    _ one: FollowedPullRequest, _ answer: PullRequestInquirer.Answer, at path: [String]
  ) {
    // Not every token may see the base's rules; the checks themselves say it, too.
    let faults = answer.faults.at(path).filter { !$0.path.contains("refUpdateRule") }
    guard faults.isEmpty, let node = answer.value[path[0]]?["pullRequest"], node != .null else {
      return fail(one, inquirer.error(faults, answer))
    }
    if ["MERGED", "CLOSED"].contains(node["state"]?.stringValue) { return }
    let place = one.name.folded
    guard let digest = DigestNode(node, one.ref, known: mergeStates[place]) else {
      return fail(one, .malformed("GitHub's answer about it is damaged"))
    }
    mergeStates[place] = digest.mergeStates
    views[one.item] = digest.view
  }

  /// States of pull requests that nobody follows any more are forgotten; the few that are looked at
  /// before a launch say nothing about the others.
  private func remember(_ followed: [FollowedPullRequest]) {
    var kept = mergeStates
    let names = Set(followed.map(\.name.folded))
    if kept.count > 2 * max(Self.portion, names.count) {
      kept = kept.filter { names.contains($0.key) }
    }
    tracker.memory.write(Self.key, kept)
  }

  // MARK: Conversations

  private mutating func readConversations(_ wanted: [FollowedPullRequest]) async {
    var rest = wanted[...]
    var size = Self.conversationPortion
    while !rest.isEmpty {
      let portion = Array(rest.prefix(size))
      let ids = portion.compactMap { views[$0.item]?.id }
      do throws(TrackerError) {
        let answer = try await inquirer.ask { PullRequestDocuments.conversations(ids, $0) }
        for (index, one) in portion.enumerated() { await take(one, answer, index) }
      } catch {
        if error.asksForLess, portion.count > 1 {
          size = 1
          continue
        }
        for one in rest { fail(one, error) }
        break
      }
      rest = rest.dropFirst(portion.count)
    }
  }

  private mutating func take(
    _ one: FollowedPullRequest, _ answer: PullRequestInquirer.Answer, _ index: Int
  ) async {
    guard let id = views[one.item]?.id else { return }
    do throws(TrackerError) {
      var reading = ConversationReading(id: id)
      let nodes = answer.value["nodes"]?.listValue ?? []
      let node = index < nodes.count ? nodes[index] : .null
      try reading.begin(node, answer, at: ["nodes", "\(index)"], inquirer)
      try await reading.finish(&inquirer)
      if reading.damaged > 0 {
        notices.append(
          "\(reading.damaged) of the remarks on \(one.name) could not be read: GitHub's entry "
            + "about \(reading.damaged == 1 ? "it" : "each") is damaged")
      }
      if reading.isCut {
        notices.append(
          "\(one.name) has more than \(ConversationReading.limit) remarks: the oldest were not read"
        )
      }
      var conversation = reading.conversation
      await resolve(&conversation, one)
      views[one.item]?.conversation = conversation
    } catch { fail(one, error) }
  }

  /// Finds out who may write: of reviewers GitHub says it with each review, of the others the
  /// newest are asked about first.
  private func resolve(_ conversation: inout Conversation, _ one: FollowedPullRequest) async {
    let reviewers = conversation.remarks.compactMap { remark in
      remark.words.author.flatMap { login in remark.mayWrite.map { (login.folded, $0) } }
    }
    let known = Dictionary(reviewers) { $0 && $1 }
    let isPrivate = isPrivate.first { $0.key.matches(one.repository) }?.value
    let asks = Trust.asksPermissions(tracker.policy, isPrivate: isPrivate)
    let newest = conversation.remarks.indices.sorted {
      conversation.remarks[$0].words.at > conversation.remarks[$1].words.at
    }
    for index in newest {
      let remark = conversation.remarks[index]
      guard remark.mayWrite == nil, !remark.isBot, let login = remark.words.author else { continue }
      if let answer = known[login.folded] {
        conversation.remarks[index].mayWrite = answer
      } else if asks, remark.nonce == nil || !remark.isByViewer {
        conversation.remarks[index].mayWrite = await tracker.permissions.ask(
          login, one.repository, tracker)
      }
    }
  }

  // MARK: Checks and logs

  /// Checks are read one by one only where some are not green, and once for the same counts.
  private mutating func readChecks(_ one: FollowedPullRequest) async {
    guard let view = views[one.item], one.question.wantsChecks, let counts = view.checks else {
      return
    }
    guard counts.failed + counts.needPerson > 0 else {
      views[one.item]?.troubles = []
      return
    }
    let question = one.question
    let isKnown = question.checks.map { $0.head == view.head && $0.counts == counts } ?? false
    let isForced = question.wantsConversation || !question.jobs.isEmpty
    if isKnown, !isForced { return }
    do throws(TrackerError) {
      let reading = CheckReading(tracker: tracker, followed: one, view: view)
      views[one.item] = try await reading.read(&inquirer)
    } catch { fail(one, error) }
  }

  private mutating func readLogs(_ one: FollowedPullRequest) async {
    for job in one.question.jobs where logs[job] == nil {
      do throws(TrackerError) {
        logs[job] = try await CheckLogs(tracker: tracker).read(job, in: one.repository)
      } catch {
        notices.append("the log of job \(job) of \(one.name) could not be read: \(error.sentence)")
      }
    }
  }
}

/// Sends documents about pull requests, without what the server does not know.
struct PullRequestInquirer {
  struct Answer {
    var value: Structure
    var faults: [GraphQLFault]
    var call: GraphQLCall
  }
  private let client: GitHubClient
  private let memory: TrackerMemory
  private var features: ServerFeatures

  init(_ tracker: GitHubTracker) {
    client = tracker.client
    memory = tracker.memory
    features = ServerFeatures.recall(memory, now: client.now)
  }

  mutating func ask(_ make: (ServerFeatures) -> GraphQLCall) async throws(TrackerError) -> Answer {
    for _ in 0...ServerFeature.allCases.count {
      let call = make(features)
      let reply = try await client.graphQL(call, as: Structure.self)
      if let value = reply.value { return Answer(value: value, faults: reply.faults, call: call) }
      if features.learn(reply.faults, memory, now: client.now) { continue }
      throw client.error(of: reply, in: call)
    }
    throw .malformed("a question about pull requests was refused again and again by the server")
  }

  /// Why a part of an answer is missing.
  func error(_ faults: [GraphQLFault], _ answer: Answer) -> TrackerError {
    if faults.isEmpty { return .malformed("GraphQL \(answer.call.name) was answered without it") }
    return client.error(of: faults, in: answer.call)
  }
}
