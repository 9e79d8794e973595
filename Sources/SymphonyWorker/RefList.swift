// A list of refs as git prints it. Called by whoever looks at more than one ref: FoundCommits,
// RefsInTheWay and DamagedRefs.
import SymphonyCore

enum RefList {
  /// The command; patterns may follow.
  static let command = ["for-each-ref", "--format=%(objectname) %(refname)"]

  /// The refs in its output; a line that names no object is left out.
  static func read(_ text: String) -> [(ref: String, object: String)] {
    text.splitLines().compactMap { line in
      let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
      guard parts.count == 2, GitSettings.isObjectName(parts[0]) else { return nil }
      return (ref: parts[1], object: parts[0])
    }
  }
}
