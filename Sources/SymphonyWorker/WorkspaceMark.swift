// The file beside a workspace that says it is complete, and what it was made as: a later run
// compares the workspace with it instead of believing what an agent left there. Written by
// Workspace once after_create has succeeded, by Work before the agent begins, and by PlantedFiles
// before each turn of an agent that is locked in; a workspace without it is made anew.
import FoundationEssentials
import SymphonyCore
import SymphonyPlatform

/// The way a workspace was made: its kind, its repository and its branches.
struct WorkspaceRecord: Hashable, Codable {
  enum Kind: String, Codable { case worktree, clone }
  var kind: Kind
  /// Absolute; of a clone without a cache its own path.
  var repository: String
  var branch: String
  var base: String
}

struct WorkspaceMark: Hashable {
  var runID: String
  /// Nil in a mark of an earlier version.
  var record: WorkspaceRecord?
  /// The files that PlantedFiles found before the last turn; nil: no turn was locked in yet.
  var planted: [String: String]?

  /// Changes in the tree before the last run's agent began; nil: no agent was there yet.
  var baseline: Changes?

  /// Commit by ref, before the agent of the last run began; nil once what it made was gathered.
  var refs: [String: String]?
  /// When those were noted, in seconds since 1970: what is older, no agent of that run made.
  var refsNoted: Int64?

  private static let refsWord = "refs "
  private static let notedWord = "noted "
  private static let recordWord = "made "
  private static let baselineWord = "before "

  /// Nil: there is none.
  ///
  /// Throws when nobody can say (no descriptor left, a failing disk): taken for none, it would be
  /// written anew without the commits that a killed agent left.
  static func read(_ path: String) throws(RunStop) -> WorkspaceMark? {
    let text: String
    do throws(PlatformError) { text = try Files.readText(path) } catch {
      if error.isMissing { return nil }
      throw .broken(error)
    }
    let lines = text.splitLines(keepingEmpty: true)
    var mark = WorkspaceMark(runID: lines.first.map(String.init) ?? "")
    for line in lines.dropFirst() {
      if line.hasPrefix(recordWord) {
        let json = Data(line.dropFirst(recordWord.count).utf8)
        mark.record = try? JSONDecoder().decode(WorkspaceRecord.self, from: json)
      } else if line.hasPrefix(baselineWord) {
        let json = Data(line.dropFirst(baselineWord.count).utf8)
        mark.baseline = try? JSONDecoder().decode(Changes.self, from: json)
      } else if line.hasPrefix(refsWord) {
        let json = Data(line.dropFirst(refsWord.count).utf8)
        mark.refs = try? JSONDecoder().decode([String: String].self, from: json)
      } else if line.hasPrefix(notedWord) {
        mark.refsNoted = Int64(line.dropFirst(notedWord.count))
      } else if line.hasPrefix("{") {
        mark.planted = try? JSONDecoder().decode([String: String].self, from: Data(line.utf8))
      }
    }
    return mark
  }

  /// Does nothing where the file says so already.
  func write(_ path: String) throws(RunStop) {
    var text = runID + "\n"
    if let record { text += Self.recordWord + Self.encoded(record) + "\n" }
    if let baseline { text += Self.baselineWord + Self.encoded(baseline) + "\n" }
    if let refs { text += Self.refsWord + Self.encoded(refs) + "\n" }
    if let refsNoted { text += Self.notedWord + "\(refsNoted)\n" }
    if let planted { text += Self.encoded(planted) + "\n" }
    guard (try? Files.readText(path)) != text else { return }
    try platform { () throws(PlatformError) in try Files.writeAtomically(path, text) }
  }

  private static func encoded(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }
}
