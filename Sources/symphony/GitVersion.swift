// Which git symphony can work with. Doctor compares it with the one that is installed; init says it
// where there is none.
import SymphonyCore

struct GitVersion: Comparable {
  var major: Int
  var minor: Int

  /// The first that takes settings from its environment (GIT_CONFIG_COUNT), which is how it gets
  /// the token.
  static let oldest = GitVersion(major: 2, minor: 31)
  static let hint = "install git \(oldest.major).\(oldest.minor) or later"

  init(major: Int, minor: Int) { (self.major, self.minor) = (major, minor) }

  /// `git version 2.39.5 (Apple Git-154)`; nil for other words.
  init?(_ words: String) {
    let parts = words.split(whereSeparator: \.isWhitespace)
    guard parts.count >= 3, parts[0] == "git", parts[1] == "version" else { return nil }
    let numbers = parts[2].split(separator: ".").prefix(2).compactMap { Int($0) }
    guard numbers.count == 2 else { return nil }
    self.init(major: numbers[0], minor: numbers[1])
  }

  static func < (left: GitVersion, right: GitVersion) -> Bool {
    (left.major, left.minor) < (right.major, right.minor)
  }
}
