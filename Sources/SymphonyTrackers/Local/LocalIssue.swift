// One Markdown file as a work item. Reads single files and nothing else; numbers, blockers and
// records need the whole folder and are LocalFolder's. A file that cannot be read is an item that
// says so, never a gap.
import SymphonyCore
import SymphonyPlatform

struct LocalIssue {
  /// Statuses that mean the item is over, compared without case.
  static let closedStatuses: Set<String> = [
    "done", "closed", "cancelled", "canceled", "duplicate", "merged",
  ]
  /// The most bytes of a file.
  static let limit = 1 << 20
  private static let known: Set<String> = [
    "title", "status", "labels", "priority", "blocked_by", "assignees", "author",
  ]

  var stem: String
  var path: String
  var title: String
  var body = ""
  var status: String?
  var labels: [String] = []
  var priority: Int?
  /// Blockers as the file names them: stems, numbers, `#n`.
  var blockedBy: [String] = []
  var assignees: [String] = []
  var author: String?
  var otherFields: [String: String] = [:]
  var updatedAt: Timestamp?
  /// Why the file could not be read, as `path:line: what`; nil when it was read.
  var damage: String?
  /// The file is there but cannot be opened; whether that lasts is unknown.
  var isUnreadable = false

  /// Reads a file of the folder; with `isTooMuch` it only says that the folder's issues have too
  /// many bytes together.
  init(_ folder: Folder, _ file: MarkdownFiles.File, isTooMuch: Bool = false) {
    path = folder.path(of: file.name)
    stem = file.stem
    title = stem
    updatedAt = Timestamp(milliseconds: file.facts.modifiedSeconds * 1000)
    if isTooMuch {
      damage = "\(path) is not read: the issues before it have too many bytes together"
      isUnreadable = true
      return
    }
    do throws(PlatformError) {
      let text = String(
        decoding: try folder.read(file.name, limit: Self.limit), as: UTF8.self)
      if text.trimmingWhitespace().isEmpty {
        damage = "\(path):1: the file is empty"
        return
      }
      do throws(IssueHeader.SyntaxError) {
        try read(IssueHeader(text))
      } catch {
        damage = "\(path):\(error.line): \(error.sentence)"
      }
    } catch {
      damage = error.description
      isUnreadable = true
    }
  }

  private mutating func read(_ front: IssueHeader) throws(IssueHeader.SyntaxError) {
    func scalar(_ key: String) throws(IssueHeader.SyntaxError) -> String? {
      switch front.values[key] {
      case .scalar(let text)?: return text.isEmpty ? nil : text
      case .list?:
        throw IssueHeader.SyntaxError(
          line: front.lines[key] ?? 1, sentence: "`\(key)` must be a single value, not a list")
      case nil: return nil
      }
    }
    body = front.body.trimmingWhitespace()
    status = try scalar("status")
    author = try scalar("author")
    title = try scalar("title") ?? Self.heading(body) ?? stem
    if let text = try scalar("priority") {
      guard let number = Int(text) else {
        throw IssueHeader.SyntaxError(
          line: front.lines["priority"] ?? 1,
          sentence: "`priority` must be a whole number (lower first), not `\(text)`")
      }
      priority = number
    }
    labels = Set((front.values["labels"]?.list ?? []).map(\.folded)).subtracting([""]).sorted()
    blockedBy = (front.values["blocked_by"]?.list ?? []).filter { !$0.isEmpty }
    assignees = (front.values["assignees"]?.list ?? []).filter { !$0.isEmpty }
    for (key, value) in front.values where !Self.known.contains(key) {
      otherFields[key] = value.list.joined(separator: ", ")
    }
  }

  var isClosed: Bool { status.map { Self.closedStatuses.contains($0.folded) } ?? false }

  /// The digits the stem begins with; nil when there are none or too many.
  var number: Int? {
    let digits = stem.prefix { ("0"..."9").contains($0) }
    return digits.isEmpty ? nil : Int(digits)
  }

  /// The first `# heading` outside fenced code.
  private static func heading(_ body: String) -> String? {
    var fence: String?
    for line in body.splitLines() {
      let text = line.trimmingWhitespace()
      if text.hasPrefix("```") || text.hasPrefix("~~~") {
        let mark = String(text.prefix(3))
        fence = fence == nil ? mark : fence == mark ? nil : fence
      } else if fence == nil, text.hasPrefix("# ") {
        let title = text.dropFirst(2).trimmingWhitespace()
        if !title.isEmpty { return title }
      }
    }
    return nil
  }
}
