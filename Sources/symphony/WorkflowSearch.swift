// Finds the workflow a command is about: the one that is named, WORKFLOW.md here, or above up to
// the repository's root; and the file that it really is where it is a link. Called for every
// command; changes nothing.
import SymphonyPlatform
import SymphonyTick

struct WorkflowSearch {
  /// As it is read: its directory is the project's.
  let path: String
  /// As it was named or found, before a link was followed.
  let given: String
  let isNamed: Bool
  /// It was found in a directory above this one.
  let isAbove: Bool
  /// The places in which nothing was found, in words; nil: something was found or named.
  let searched: String?

  private static let name = "WORKFLOW.md"

  /// - Throws: `Stop` with 64 when a WORKFLOW.md above may be somebody else's.
  init(named: String?) throws {
    isNamed = named != nil
    // The directory's real name, however it was reached: the state remembers it.
    let given = Files.absolute(named ?? Self.name)
    let directory = Files.parent(of: given)
    let here = Files.resolved(directory) ?? directory
    var found = Files.join(here, Files.lastName(of: given))
    var above = false
    var words: String?
    if named == nil, !Files.exists(found) {
      let root = Self.repositoryRoot(of: here)
      if let upper = Self.upwards(from: here, to: root) {
        try Self.refuseForeign(upper)
        (found, above) = (upper, true)
      } else {
        words = "in \(here)" + (root.map { $0 == here ? "" : ", nor above it up to \($0)" } ?? "")
      }
    }
    isAbove = above
    searched = words
    self.given = found
    path = Self.resolved(found)
  }

  /// The nearest directory at or above that holds a `.git`; nil: there is none.
  private static func repositoryRoot(of directory: String) -> String? {
    var next = directory
    while true {
      if Files.exists(Files.join(next, ".git")) { return next }
      if next == "/" { return nil }
      next = Files.parent(of: next)
    }
  }

  /// Never out of the repository, and nowhere where there is none.
  private static func upwards(from directory: String, to root: String?) -> String? {
    guard let root else { return nil }
    var next = directory
    while next != root {
      next = Files.parent(of: next)
      let file = Files.join(next, name)
      if Files.exists(file) { return file }
    }
    return nil
  }

  /// It decides which programs are started: in a directory that others may write to, as /tmp is,
  /// anybody could have put one above ours.
  private static func refuseForeign(_ file: String) throws {
    let safety = FolderSafety()
    do throws(UnsafeFolder) {
      try safety.check(Files.parent(of: file))
      try safety.checkFile(file)
    } catch {
      throw Stop(
        .usage, "\(file) is not used without being named: \(error.sentence)",
        hint: "if it is meant: --workflow \(file)")
    }
  }

  /// A link within a repository, or from outside of any into one, is its target: one project with
  /// one state, whatever it is called by.
  ///
  /// A link between repositories, or where there is none, is a project of its own: what it names is
  /// shared on purpose, and each directory has its own issues.
  private static func resolved(_ path: String) -> String {
    guard Files.linkTarget(path) != nil, let real = Files.resolved(path) else { return path }
    let (from, to) = (Files.parent(of: path), Files.parent(of: real))
    if from == to { return real }
    guard let repository = repositoryRoot(of: to) else { return path }
    guard let own = repositoryRoot(of: from) else { return real }
    return own == repository ? real : path
  }
}
