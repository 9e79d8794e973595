// Pull requests and comments of the local tracker: Markdown files beside the issues, written
// once, then a person's. Setting `state: merged` in a pull request's record is merging it.
// LocalTracker reads and writes them; what people say in a record is LocalConversation's.
import Glibc
import SymphonyCore
import SymphonyPlatform

struct LocalPullRequest: Hashable {
  /// The most bytes of a record.
  static let limit = 4 << 20
  var path: String
  var head: String
  var base: String
  var number: Int
  var fact: Survey.PullRequestFact

  init(_ folder: Folder, _ file: MarkdownFiles.File) throws(TrackerError) {
    let path = folder.path(of: file.name)
    func damaged(_ line: Int, _ what: String) -> TrackerError {
      .malformed("\(path):\(line): \(what)")
    }
    let content: String
    do throws(PlatformError) {
      content = String(decoding: try folder.read(file.name, limit: Self.limit), as: UTF8.self)
    } catch {
      throw .unreachable(error.description)
    }
    let front: IssueHeader
    do throws(IssueHeader.SyntaxError) { front = try IssueHeader(content) } catch {
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
    let modified = Timestamp(milliseconds: file.facts.modifiedSeconds * 1000)
    fact = Survey.PullRequestFact(
      ref: PullRequestRef(number: number, url: path), state: state,
      createdAt: Timestamp(rfc3339: text("created")) ?? modified,
      endedAt: state == .open ? nil : modified)
  }
}

struct LocalRecords {
  /// Seconds after which a temporary file belongs to a write that was cut short, and is removed.
  static let crashAge: Int64 = 3600
  private static let pullRequestDirectory = "pull-requests"
  private static let commentDirectory = "comments"

  private let place: LocalPlace
  init(_ place: LocalPlace) { self.place = place }

  private func path(_ directory: String, _ name: String) -> String {
    Files.join(Files.join(place.directory, directory), name)
  }

  /// Every record of the folder; a damaged one, or a folder that cannot be read, is an error that
  /// names it.
  ///
  /// A folder that is not there has no records. The notices name entries that have a record's name
  /// and are no regular files: we did not make them, and they stand for nothing.
  func pullRequests() -> (records: [Result<LocalPullRequest, TrackerError>], notices: [String]) {
    do throws(TrackerError) {
      guard let (folder, listed) = try open(Self.pullRequestDirectory) else { return ([], []) }
      let records = listed.files.map { file in
        Result { () throws(TrackerError) in try LocalPullRequest(folder, file) }
      }
      return (records, MarkdownFiles.bounded(listed.refused.map(\.sentence)))
    } catch { return ([.failure(error)], []) }
  }

  /// The record at a path that we chose earlier; nil when it is not there any more.
  func pullRequest(at path: String) throws(TrackerError) -> LocalPullRequest? {
    guard let (folder, listed) = try open(Self.pullRequestDirectory) else { return nil }
    let file = listed.files.first { folder.path(of: $0.name) == path }
    guard let file else { return nil }
    return try LocalPullRequest(folder, file)
  }

  /// A record's whole text at one moment.
  struct Text {
    var file: MarkdownFiles.File
    var path: String
    var text: String
    /// The file system knows no better here.
    var changedAt: Timestamp { Timestamp(milliseconds: file.facts.modifiedSeconds * 1000 + 999) }
  }

  /// Nil when there is no record at that path.
  func text(at path: String) throws(TrackerError) -> Text? {
    guard let (folder, listed) = try open(Self.pullRequestDirectory),
      let file = listed.files.first(where: { folder.path(of: $0.name) == path })
    else { return nil }
    let bytes: [UInt8]
    do throws(PlatformError) {
      bytes = try folder.read(file.name, limit: LocalPullRequest.limit)
    } catch { throw .unreachable(error.description) }
    // Put back into the file, replaced characters would be damage.
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .malformed("\(path) is not UTF-8 text; it was left as it is")
    }
    return Text(file: file, path: path, text: text)
  }

  /// Writes a record anew, unless somebody has changed it since it was read.
  func replace(_ record: Text, with text: String) throws(TrackerError) {
    guard let now = try self.text(at: record.path), now.text == record.text else {
      throw .unreachable("\(record.path) was changed just now; it is looked at again")
    }
    let above = try place.open()
    let mode = mode_t(record.file.facts.permissions & 0o777)
    do throws(PlatformError) {
      let folder = try above.folder(FileName(Self.pullRequestDirectory))
      try folder.write(record.file.name, Array(text.utf8), mode: mode, exact: true)
      try folder.removeTemporaries(olderThan: Self.crashAge)
    } catch { throw .unreachable(error.description) }
  }

  /// Nil when there is no such directory.
  private func open(
    _ name: String
  ) throws(TrackerError) -> (folder: Folder, listed: MarkdownFiles)? {
    let above = try place.open()
    do throws(PlatformError) {
      let name = try FileName(name)
      if try above.facts(name) == nil { return nil }
      let folder = try above.folder(name)
      return (folder, try MarkdownFiles(folder))
    } catch { throw .unreachable(error.description) }
  }

  /// Opens a pull request, or finds the one an earlier delivery opened.
  func ensure(
    _ order: PullRequestOrder, base: String, entry: OutboxEntry, known: PullRequestRef?,
    now: Timestamp
  ) throws(TrackerError) -> Delivery {
    var ours: [LocalPullRequest] = []
    for record in pullRequests().records {
      switch record {
      case .success(let found): if found.head == order.head { ours.append(found) }
      // The damaged record may be that of this item; a second would be worse than waiting for a
      // person.
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
    let name = try freeName(order.key.reference)
    let number = Int(order.key.reference.prefix { ("0"..."9").contains($0) }) ?? 1
    let text = """
      ---
      title: \(IssueHeader.quote(order.title))
      head: \(IssueHeader.quote(order.head))
      base: \(IssueHeader.quote(base))
      number: \(number)
      state: open
      draft: \(order.draft)
      created: \(now.rfc3339)
      ---

      \(LocalConversation.inert(order.body))

      """
    try write(Self.pullRequestDirectory, name, text)
    let url = path(Self.pullRequestDirectory, name)
    return .pullRequest(PullRequestRef(number: number, url: url), created: true)
  }

  /// The first name that is free.
  ///
  /// `<reference>.md`, or `<reference>-2.md`, ... when earlier pull requests of the item have
  /// ended.
  private func freeName(_ reference: String) throws(TrackerError) -> String {
    let above = try place.open()
    do throws(PlatformError) {
      let directory = try FileName(Self.pullRequestDirectory)
      guard try above.facts(directory) != nil else { return "\(reference).md" }
      let folder = try above.folder(directory)
      var name = "\(reference).md"
      var count = 1
      while try folder.facts(FileName(name)) != nil {
        count += 1
        name = "\(reference)-\(count).md"
      }
      return name
    } catch { throw .unreachable(error.description) }
  }

  /// Writes a comment; its name holds the nonce, so a repetition finds it written.
  ///
  /// `since`: one with the same words, written by us at or after it, is the same although its nonce
  /// is another; nil: none is.
  func comment(_ text: String, reference: String, nonce: String, since: Timestamp?)
    throws(TrackerError) -> Delivery
  {
    let name = "\(reference)-\(nonce.prefix(8)).md"
    let opened = try open(Self.commentDirectory)
    let known = opened?.listed.files ?? []
    if let (folder, _) = opened, let since, !known.contains(where: { $0.name.text == name }) {
      let length = "\(reference)-".count + 8
      for file in known where file.stem.hasPrefix("\(reference)-") && file.stem.count == length {
        guard file.facts.modifiedSeconds * 1000 + 999 >= since.milliseconds,
          let bytes = try? folder.read(file.name, limit: 1 << 20),
          CommentMarker.text(of: String(decoding: bytes, as: UTF8.self))
            == CommentMarker.compared(text)
        else { continue }
        return .comment(url: path(Self.commentDirectory, "\(file.stem).md"))
      }
    }
    if !known.contains(where: { $0.name.text == name }) {
      try write(Self.commentDirectory, name, "\(text)\n\n\(CommentMarker.make(nonce))\n")
    }
    return .comment(url: path(Self.commentDirectory, name))
  }

  private func write(_ directory: String, _ name: String, _ text: String) throws(TrackerError) {
    let above = try place.open()
    do throws(PlatformError) {
      let folder = try above.folder(FileName(directory), creating: 0o755)
      try folder.write(FileName(name), Array(text.utf8), mode: 0o644)
      try folder.removeTemporaries(olderThan: Self.crashAge)
    } catch {
      throw .unreachable(error.description)
    }
  }

  /// Comments of the items whose references are in `wanted`, by reference.
  ///
  /// `references` are those of all items. A comment's file is named after its item's reference, and
  /// where several fit, the longest one is meant: `app-1-x.md` is about `app-1` rather than `app`.
  /// The notices name comments that cannot be read, such as one of more than a mebibyte.
  func comments(
    of wanted: Set<String>, beside references: Set<String>
  ) throws(TrackerError) -> (comments: [String: [Survey.Comment]], notices: [String]) {
    guard let (folder, listed) = try open(Self.commentDirectory) else { return ([:], []) }
    var found: [String: [Survey.Comment]] = [:]
    var notices: [String] = []
    for file in listed.files {
      guard let owner = Self.owner(of: file.stem, references), wanted.contains(owner) else {
        continue
      }
      let bytes: [UInt8]
      do {
        bytes = try folder.read(file.name, limit: 1 << 20)
      } catch {
        notices.append("\(error.description); what it says is not heard")
        continue
      }
      let text = String(decoding: bytes, as: UTF8.self)
      found[owner, default: []].append(
        Survey.Comment(
          author: "local", mayWrite: true,
          // The end of the second in which it was written: the file system knows no better here.
          createdAt: Timestamp(milliseconds: file.facts.modifiedSeconds * 1000 + 999),
          isOurs: text.contains(CommentMarker.prefix), text: text))
    }
    return (found, MarkdownFiles.bounded(notices))
  }

  /// The item whose reference a comment's file name begins with, before a hyphen; the longest
  /// counts.
  private static func owner(of stem: String, _ references: Set<String>) -> String? {
    var rest = stem[...]
    while let hyphen = rest.lastIndex(of: "-") {
      rest = rest[..<hyphen]
      if references.contains(String(rest)) { return String(rest) }
    }
    return nil
  }
}
