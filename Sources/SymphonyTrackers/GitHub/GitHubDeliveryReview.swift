// What is done for the reviewers after a round: threads resolved, reviews asked for again. Both are
// looked at before they are written, so that neither happens twice and nobody is asked who is asked
// already. Called by GitHubDelivery.
import SymphonyCore

extension GitHubDelivery {
  // MARK: Threads

  func resolve(_ order: ResolveOrder) async throws(TrackerError) -> Delivery {
    let place = order.place
    let call = GraphQLCall(
      name: "SymphonyThread",
      document: """
        query SymphonyThread($thread: ID!, $home: String!, $name: String!, $number: Int!) {
          repository(owner: $home, name: $name) { pullRequest(number: $number) { id state } }
          node(id: $thread) { ... on PullRequestReviewThread { id isResolved viewerCanResolve } }
          rateLimit { cost }
        }
        """,
      variables: [
        "thread": .string(order.thread), "home": .string(place.repository.owner),
        "name": .string(place.repository.name), "number": .integer(Int64(place.number)),
      ])
    let reply = try await client.graphQL(call, as: Structure.self)
    // Only where the pull request is seen does the absence say something about the thread.
    guard reply.value?["repository"]?["pullRequest"]?["id"] != nil else {
      throw client.error(of: reply, in: call)
    }
    guard let thread = reply.value?["node"], thread["id"] != nil else {
      let faults = reply.faults.at("node")
      guard faults.allSatisfy({ $0.type == "NOT_FOUND" }) else {
        throw client.error(of: faults, in: call)
      }
      return .superseded("the thread is gone")
    }
    if thread["isResolved"]?.boolValue == true { return .done("it was resolved already") }
    guard thread["viewerCanResolve"]?.boolValue != false else {
      return .superseded(Self.mayNotResolve)
    }
    return try await writeResolved(order.thread)
  }

  private static let mayNotResolve =
    "this token may not resolve threads; it needs \(MissingPermission.resolving), and its person "
    + "write access or to be the pull request's author"

  private func writeResolved(_ thread: String) async throws(TrackerError) -> Delivery {
    let mutation = "resolveReviewThread"
    let call = GraphQLCall(
      name: "SymphonyResolve",
      document: """
        mutation SymphonyResolve($thread: ID!) {
          \(mutation)(input: { threadId: $thread }) { thread { id isResolved } } }
        """,
      variables: ["thread": .string(thread)], isMutation: true)
    let reply = try await client.graphQL(call, as: Structure.self)
    if reply.value?[mutation]?.objectValue != nil { return .done("resolved") }
    let error = client.error(of: reply, in: call)
    switch error {
    case .forbidden(let why): return .superseded("\(Self.mayNotResolve): \(why)")
    case .notFound(let why): throw .unreachable("the thread changed while it was resolved: \(why)")
    default: throw error
    }
  }

  // MARK: Reviews

  private struct NewRequest: Encodable { var reviewers: [String] }

  func request(_ order: ReviewRequestOrder) async throws(TrackerError) -> Delivery {
    let place = order.place
    let pull = try await pull(place)
    guard pull.isOpen else { return .superseded("pull request #\(place.number) is closed") }
    // GitHub refuses its author, and asks nobody twice.
    let left = order.logins.filter { login in
      login.folded != pull.author?.folded && !pull.requested.contains(folded: login)
    }
    if left.isEmpty { return .done("a review is asked for already") }
    if let why = try await ask(left, place) {
      var refused = [why]
      var asked: [String] = []
      // One of several may be the only one who cannot be asked.
      for login in left where left.count > 1 {
        if let why = try await ask([login], place) {
          refused.append(why)
        } else {
          asked.append(login)
        }
      }
      if asked.isEmpty { return .superseded("no review can be asked for: \(refused[0])") }
      return .done("asked for a review: \(asked.joined(separator: ", "))")
    }
    return .done("asked for a review: \(left.joined(separator: ", "))")
  }

  /// - Returns: why it was refused; nil: it was not.
  private func ask(_ logins: [String], _ place: PullRequestPlace)
    async throws(TrackerError) -> String?
  {
    let address = tracker.url(
      place.repository, "/pulls/\(place.number)/requested_reviewers")
    let answer = try await client.write(
      "POST", address, NewRequest(reviewers: logins), reading: [422])
    return answer.status == 422 ? GitHubAnswer.message(answer) : nil
  }
}
