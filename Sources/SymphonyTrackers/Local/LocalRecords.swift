// Pull requests and comments of the local tracker: Markdown files beside the issues, written
// once, then a human's. Setting `state: merged` in a pull request's record is merging it.
// LocalTracker reads and writes them.
import SymphonyCore
import SymphonyPlatform

struct LocalPullRequest: Hashable {
  var path: String
  var head: String
  var base: String
  var number: Int
  var fact: Survey.PullRequestFact

  init(path: String) throws(TrackerError) {
    func damaged(_ line: Int, _ what: String) -> TrackerError {
      .malformed("\(path):\(line): \(what)")
    }
    let content: String
    do throws(PlatformError) { content = try Files.readText(path, limit: 4 << 20) } catch {
      throw .unreachable(error.description)
    }
    let front: FrontMatter
    do throws(FrontMatter.Failure) { front = try FrontMatter(content) } catch {
      throw damaged(error.line, error.sentence)
    }
    func text(_ key: String) -> String { front.values[key]?.list.first ?? "" }
    guard let state = Survey.PullRequestFact.State(rawValue: text("state").folded) else {
      throw damaged(front.lines["state"] ?? 1, "`state` must be open, merged or closed")
    }
    guard !text("head").isEmpty else { throw damaged(1, "`head` is missing") }
    self.path = path
    head = text("head")
    base = text("base")
    number = Int(text("number")) ?? 1
    let modified = Timestamp(milliseconds: (Files.modifiedSeconds(path) ?? 0) * 1000)
    fact = Survey.PullRequestFact(
      ref: PullRequestRef(number: number, url: path), state: state,
      createdAt: Timestamp(rfc3339: text("created")) ?? modified,
      endedAt: state == .open ? nil : modified)
  }
}

struct LocalRecords {
  let pullRequestDirectory: String
  let commentDirectory: String

  init(directory: String) {
    pullRequestDirectory = Files.join(directory, "pull-requests")
    commentDirectory = Files.join(directory, "comments")
  }

  /// Every record of the folder, damaged ones as the error that names them; so is a folder that
  /// cannot be read. One that is not there has none.
  func pullRequests() -> [Result<LocalPullRequest, TrackerError>] {
    do throws(PlatformError) {
      return try records(pullRequestDirectory).map { path in
        Result { () throws(TrackerError) in try LocalPullRequest(path: path) }
      }
    } catch { return [.failure(.unreachable(error.description))] }
  }

  private func records(_ directory: String) throws(PlatformError) -> [String] {
    try Files.list(directory)
      .filter { $0.hasSuffix(".md") && !$0.hasPrefix(".") }.map { Files.join(directory, $0) }
  }

  /// Opens a pull request, or finds the one an earlier delivery opened.
  func ensure(
    _ order: PullRequestOrder, base: String, entry: OutboxEntry, known: PullRequestRef?,
    now: Timestamp
  ) throws(TrackerError) -> Delivery {
    var ours: [LocalPullRequest] = []
    for record in pullRequests() {
      switch record {
      case .success(let found): if found.head == order.head { ours.append(found) }
      // It may be the very one; a second would be worse than waiting for a human.
      case .failure(let error): throw error
      }
    }
    // An earlier try of ours cannot be older than its row; the records have whole seconds.
    let earliest = entry.createdAt - .seconds(1)
    if let open = ours.first(where: { $0.fact.state == .open }) {
      guard open.base == base else {
        return .superseded("\(open.path) goes into \(open.base), not into \(base)")
      }
      guard order.reuse || open.fact.createdAt >= earliest || open.fact.ref.url == known?.url
      else {
        return .superseded(
          "\(open.path) is not ours, and pull_request.reuse_existing_pr is false")
      }
      return .pullRequest(open.fact.ref, created: false)
    }
    if let ended = ours.filter({ $0.base == base && $0.fact.createdAt >= earliest })
      .max(by: { $0.fact.createdAt < $1.fact.createdAt })
    {
      return .pullRequest(ended.fact.ref, created: false)
    }
    let path = freePath(order.key.reference)
    let number = Int(order.key.reference.prefix { ("0"..."9").contains($0) }) ?? 1
    let text = """
      ---
      title: \(FrontMatter.quote(order.title))
      head: \(FrontMatter.quote(order.head))
      base: \(FrontMatter.quote(base))
      number: \(number)
      state: open
      draft: \(order.draft)
      created: \(now.rfc3339)
      ---

      \(order.body)

      """
    try write(path, text)
    return .pullRequest(PullRequestRef(number: number, url: path), created: true)
  }

  /// `<reference>.md`, or the first free `<reference>-2.md`, ... when earlier ones have ended.
  private func freePath(_ reference: String) -> String {
    var path = Files.join(pullRequestDirectory, "\(reference).md")
    var count = 1
    while Files.exists(path) {
      count += 1
      path = Files.join(pullRequestDirectory, "\(reference)-\(count).md")
    }
    return path
  }

  /// Writes a comment; its name holds the nonce, so a repetition finds it written.
  func comment(_ text: String, reference: String, nonce: String)
    throws(TrackerError) -> Delivery
  {
    let path = Files.join(commentDirectory, "\(reference)-\(nonce.prefix(8)).md")
    if !Files.exists(path) {
      try write(path, "\(text)\n\n\(CommentMarker.make(nonce))\n")
    }
    return .comment(url: path)
  }

  private func write(_ path: String, _ text: String) throws(TrackerError) {
    do throws(PlatformError) {
      try Files.makeDirectories(Files.parent(of: path), mode: 0o755)
      try Files.writeAtomically(path, text, mode: 0o644)
    } catch {
      throw .unreachable(error.description)
    }
  }

  /// Comments by the reference of their item. The longest reference that fits a file's name has it.
  func comments(references: [String]) -> [String: [Survey.Comment]] {
    let longestFirst = references.sorted { ($1.count, $0) < ($0.count, $1) }
    var found: [String: [Survey.Comment]] = [:]
    for path in (try? records(commentDirectory)) ?? [] {
      let name = Files.lastName(of: path)
      guard let owner = longestFirst.first(where: { name.hasPrefix("\($0)-") }),
        let text = try? Files.readText(path, limit: 1 << 20)
      else { continue }
      found[owner, default: []].append(
        Survey.Comment(
          author: "local", mayWrite: true,
          // The end of the second in which it was written: the file system knows no better here.
          createdAt: Timestamp(milliseconds: (Files.modifiedSeconds(path) ?? 0) * 1000 + 999),
          isOurs: text.contains(CommentMarker.prefix)))
    }
    return found
  }
}
