// All issues of a folder at one moment: their keys, their blockers and each other's states.
// LocalTracker reads one per survey. Two files with the same number are both named by their
// stems, so that no key means two things.
import SymphonyCore
import SymphonyPlatform

struct LocalFolder {
  let directory: String
  let repository: RepositoryName
  private(set) var issues: [LocalIssue] = []
  private(set) var notices: [String] = []
  /// Why an entry with an issue's name is none, by its stem.
  private var refusals: [String: String] = [:]
  /// The most bytes of all issues together; files beyond it are not read.
  static let sizeLimit: Int64 = 64 << 20
  private var stemsByNumber: [Int: [String]] = [:]
  private var byStem: [String: Int] = [:]

  init(_ place: LocalPlace, repository: RepositoryName) throws(TrackerError) {
    directory = place.directory
    self.repository = repository
    let folder = try place.open()
    let found: MarkdownFiles
    do throws(PlatformError) { found = try MarkdownFiles(folder) } catch {
      throw .unreachable(error.description)
    }
    var sentences = found.refused.map(\.sentence)
    for refusal in found.refused {
      if let stem = refusal.stem { refusals[stem] = refusal.sentence }
    }
    var size: Int64 = 0
    for file in found.files {
      size += min(file.facts.size, Int64(LocalIssue.limit))
      let issue = LocalIssue(folder, file, isTooMuch: size > Self.sizeLimit)
      if let damage = issue.damage { sentences.append(damage) }
      byStem[issue.stem] = issues.count
      if let number = issue.number { stemsByNumber[number, default: []].append(issue.stem) }
      issues.append(issue)
    }
    notices = MarkdownFiles.bounded(sentences)
  }

  /// The number that the file's name begins with, when no other file has the same.
  func number(_ issue: LocalIssue) -> Int? {
    issue.number.flatMap { stemsByNumber[$0]?.count == 1 ? $0 : nil }
  }
  func reference(_ issue: LocalIssue) -> String { number(issue).map(String.init) ?? issue.stem }

  static func id(_ stem: String) -> ItemID { ItemID("local:\(stem)") }
  /// The file's stem in an item id of ours.
  static func stem(_ id: ItemID) -> String { String(id.text.dropFirst("local:".count)) }

  func issue(_ id: ItemID) -> LocalIssue? { byStem[Self.stem(id)].map { issues[$0] } }

  /// Why the entry with this item's name is no issue; nil when there is no such entry.
  func refusal(_ id: ItemID) -> String? { refusals[Self.stem(id)] }

  func item(_ issue: LocalIssue) -> WorkItem {
    var item = WorkItem(
      id: Self.id(issue.stem), key: key(issue), repository: repository, number: number(issue),
      title: issue.title, body: issue.body, url: issue.path,
      state: issue.isClosed ? .closed : .open)
    item.status = issue.status
    item.labels = issue.labels
    item.assignees = issue.assignees
    item.author = issue.author
    // People who write these files can write to the checkout beside them.
    item.origin = Origin(author: Origin.Person(issue.author, mayWrite: true))
    item.priority = issue.priority
    item.blockedBy = issue.blockedBy.map(link)
    item.dependenciesKnown = issue.damage == nil && item.blockedBy.allSatisfy { $0.state != nil }
    item.projectFields = issue.otherFields
    item.updatedAt = issue.updatedAt
    return item
  }

  private func key(_ issue: LocalIssue) -> ItemKey {
    ItemKey(repository: repository, reference: reference(issue))
  }

  /// A blocker by stem, number or `#n`; one that is not there, or cannot be read, has no state.
  private func link(_ written: String) -> WorkItem.Link {
    let name = written.hasPrefix("#") ? String(written.dropFirst()) : written
    if let issue = find(name) {
      return WorkItem.Link(
        id: Self.id(issue.stem), key: key(issue),
        state: issue.damage != nil ? nil : issue.isClosed ? .closed : .open)
    }
    return WorkItem.Link(
      id: nil, key: ItemKey(repository: repository, reference: name), state: nil)
  }

  private func find(_ name: String) -> LocalIssue? {
    let stem = name.hasSuffix(".md") ? String(name.dropLast(3)) : name
    if let index = byStem[stem] { return issues[index] }
    guard let number = Int(name), let stems = stemsByNumber[number], stems.count == 1 else {
      return nil
    }
    return byStem[stems[0]].map { issues[$0] }
  }

  /// Faults of the folder as a whole, beside damaged files.
  var dependencyNotices: [String] {
    var sentences: [String] = []
    for issue in issues {
      for written in issue.blockedBy where link(written).id == nil {
        sentences.append(
          "\(issue.path): blocked_by names `\(GitHubAnswer.clean(written))`, "
            + "which is no issue of this folder, or more than one")
      }
    }
    for (number, stems) in stemsByNumber.sorted(by: { $0.key < $1.key }) where stems.count > 1 {
      sentences.append(
        "\(directory): \(stems.joined(separator: ", ")) share the number \(number), "
          + "so they are known by their names")
    }
    return MarkdownFiles.bounded(sentences)
  }
}
