// Brings a branch up to date with its base, and merges it, or puts it into the base's queue: each
// for the head it was decided on and for no other. The pull request is looked at first, so that
// what an unanswered delivery did is found. Called by GitHubDelivery; whether to merge is the
// planner's.
import SymphonyCore

extension GitHubDelivery {
  private struct Expected: Encodable {
    var head: String
    enum CodingKeys: String, CodingKey { case head = "expected_head_sha" }
  }
  private struct Merging: Encodable {
    var sha: String
    var method: String
    enum CodingKeys: String, CodingKey {
      case sha
      case method = "merge_method"
    }
  }
  private struct Nothing: Encodable {}

  // MARK: Updating

  func update(_ order: UpdateOrder) async throws(TrackerError) -> Delivery {
    let place = order.place
    let pull = try await pull(place)
    guard pull.isOpen else { return .superseded("pull request #\(place.number) is closed") }
    guard pull.headCommit == order.head else {
      return mayBeRepeated
        ? .done("the branch has a newer commit") : .superseded("somebody pushed since")
    }
    let address = tracker.url(place.repository, "/pulls/\(place.number)/update-branch")
    let answer = try await client.write(
      "PUT", address, Expected(head: order.head), reading: [422])
    guard answer.status == 422 else { return .done("the base is merged into the branch") }
    let why = GitHubAnswer.message(answer)
    let words = why.lowercased()
    if words.contains("no new commits") { return .done("the branch was up to date already") }
    if words.contains("expected head sha") {
      return mayBeRepeated
        ? .done("the branch has a newer commit") : .superseded("somebody pushed since")
    }
    return .superseded("the branch could not be updated: \(why)")
  }

  // MARK: Merging

  func merge(_ order: MergeOrder) async throws(TrackerError) -> Delivery {
    let place = order.place
    let pull = try await pull(place)
    if pull.mergedAt != nil { return try await finish(order, pull, "it was merged already") }
    guard pull.isOpen else { return .superseded("pull request #\(place.number) is closed") }
    guard pull.headCommit == order.head else {
      return .superseded("somebody pushed since it was approved")
    }
    if order.usesQueue { return try await enqueue(order) }
    let address = tracker.url(place.repository, "/pulls/\(place.number)/merge")
    let answer = try await client.write(
      "PUT", address, Merging(sha: order.head, method: order.method.rawValue),
      reading: [405, 409, 422])
    let why = GitHubAnswer.message(answer)
    switch answer.status {
    case 405 where why.lowercased().contains("base branch was modified"):
      return .waiting("the base changed in that moment")
    case 409: return .superseded("somebody pushed since it was approved: \(why)")
    case 405, 422: return .superseded(why)
    default: return try await finish(order, pull, "merged")
    }
  }

  private func enqueue(_ order: MergeOrder) async throws(TrackerError) -> Delivery {
    let place = order.place
    let look = GraphQLCall(
      name: "SymphonyQueue",
      document: """
        query SymphonyQueue($home: String!, $name: String!, $number: Int!) {
          repository(owner: $home, name: $name) { pullRequest(number: $number) {
            id isInMergeQueue } }
          rateLimit { cost }
        }
        """,
      variables: [
        "home": .string(place.repository.owner), "name": .string(place.repository.name),
        "number": .integer(Int64(place.number)),
      ])
    let reply = try await client.graphQL(look, as: Structure.self)
    guard let pull = reply.value?["repository"]?["pullRequest"], let id = pull["id"]?.stringValue
    else { throw client.error(of: reply, in: look) }
    if pull["isInMergeQueue"]?.boolValue == true { return .done("it was in the queue already") }
    let mutation = "enqueuePullRequest"
    let call = GraphQLCall(
      name: "SymphonyEnqueue",
      document: """
        mutation SymphonyEnqueue($pull: ID!, $head: GitObjectID!) {
          \(mutation)(input: { pullRequestId: $pull, expectedHeadOid: $head }) {
            mergeQueueEntry { id } } }
        """,
      variables: ["pull": .string(id), "head": .string(order.head)], isMutation: true)
    let answer = try await client.graphQL(call, as: Structure.self)
    if answer.value?[mutation]?.objectValue != nil { return .done("put into the base's queue") }
    let refusal = answer.faults.first { $0.type == "UNPROCESSABLE" }
    guard let refusal else { throw client.error(of: answer, in: call) }
    if refusal.message.lowercased().contains("already in the queue") {
      return .done("it was in the queue already")
    }
    return .superseded(refusal.message)
  }

  /// Deletes the branch where that is wanted and nobody pushed to it since; that it cannot be
  /// deleted takes nothing back.
  private func finish(_ order: MergeOrder, _ pull: GitHubPull, _ done: String)
    async throws(TrackerError) -> Delivery
  {
    guard let branch = order.branch, branch == pull.head, branch != pull.base,
      pull.headRepository?.matches(order.place.repository) == true, pull.headCommit == order.head
    else { return .done(done) }
    let name = branch.split(separator: "/", omittingEmptySubsequences: false)
      .map { WebAddress.encode(String($0)) }.joined(separator: "/")
    do throws(TrackerError) {
      let reference = try await client.get(
        tracker.url(order.place.repository, "/git/ref/heads/\(name)"), as: Structure.self, .fresh
      ).value
      guard reference["object"]?["sha"]?.stringValue == order.head else {
        return .done("\(done); its branch has another commit by now and stays")
      }
      _ = try await client.write(
        "DELETE", tracker.url(order.place.repository, "/git/refs/heads/\(name)"), Nothing())
      return .done("\(done), its branch deleted")
    } catch {
      switch error {
      case .notFound, .gone: return .done(done)
      case .forbidden(let why), .rejected(let why):
        return .done("\(done); its branch stays: \(why)")
      default: throw error
      }
    }
  }
}
