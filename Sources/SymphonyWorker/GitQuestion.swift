// Which commands of git only ask: they leave repository and remote as they are, so that it is all
// the same whether a worker is killed before or behind one. GitCommand takes every other one for a
// deed.
import SymphonyPlatform

enum GitQuestion {
  private static let words: Set = [
    "cat-file", "check-attr", "check-ignore", "count-objects", "diff", "diff-tree", "for-each-ref",
    "grep", "log", "ls-files", "ls-remote", "ls-tree", "merge-base", "merge-tree", "rev-list",
    "rev-parse", "show", "show-ref", "status", "var", "version",
  ]
  /// What makes a question of a command that can do both.
  private static let asking: [String: Set<String>] = [
    "config": ["--get", "--get-all", "--get-regexp", "--list"],
    "lfs": ["env", "ls-files", "version"], "remote": ["get-url"], "worktree": ["list"],
  ]

  /// True when these arguments of git change nothing, whatever options stand before the command.
  static func isOne(_ arguments: [String]) -> Bool {
    var rest = arguments[...]
    while let option = rest.first, option.hasPrefix("-") {
      // Of the options that git takes, these have a value of their own behind them.
      rest = rest.dropFirst(["-c", "-C", "--git-dir", "--work-tree"].contains(option) ? 2 : 1)
    }
    guard let word = rest.first else { return false }
    if words.contains(word) { return true }
    guard let asking = asking[word] else { return false }
    return rest.dropFirst().contains { asking.contains($0) }
  }
}
