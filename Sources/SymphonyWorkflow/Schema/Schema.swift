// The one schema table, put together, with look-ups by canonical name and alias. Used by the
// reading, the policy, `doctor` and the reference. A new key is a row in a `Schema+...` file and
// the field of the policy that the row names, whose first value is the key's default.

enum Schema {
  static let all: [SettingSpec] =
    trackerSettings + githubSettings + gitSettings + pollingSettings + workspaceSettings
    + hookSettings + agentSettings + claudeSettings + codexSettings + opencodeSettings
    + pullRequestSettings + feedbackSettings + mergeSettings + notifySettings + serverSettings
    + retentionSettings
    + tickSettings

  /// Index into `all` by canonical name and by alias.
  static let index: [String: Int] = {
    var index: [String: Int] = [:]
    for (number, spec) in all.enumerated() {
      for name in [spec.path] + spec.aliases {
        let earlier = index.updateValue(number, forKey: name)
        precondition(earlier == nil, "two settings are called \(name)")
      }
    }
    return index
  }()

  /// The settings that the `set` of a rule may hold.
  static let ruleSettings = all.filter { $0.ruleKey != nil }

  /// The sections (`tracker`, `github` and so on) in the order of the table.
  static let sections: [String] = {
    var sections: [String] = []
    for name in all.flatMap({ [$0.path] + $0.aliases }) {
      let section = String(name.prefix { $0 != "." })
      if !sections.contains(section) { sections.append(section) }
    }
    return sections
  }()

  /// The keys of a section, aliases included, without the section's name.
  static func keys(of section: String) -> [String] {
    all.flatMap { [$0.path] + $0.aliases }.filter { $0.hasPrefix(section + ".") }
      .map { String($0.dropFirst(section.count + 1)) }
  }

  // Ranges. Upper bounds only keep sums of milliseconds and counts far from overflow.
  static let milliseconds: ClosedRange<Int64> = 1...315_360_000_000
  static let optionalMilliseconds: ClosedRange<Int64> = 0...315_360_000_000
  static let count: ClosedRange<Int64> = 1...1_000_000
  /// Below 8 the parts that are kept would not hold one long line.
  static let outputMegabytes: ClosedRange<Int64> = 8...1_000_000
  static let fileMegabytes: ClosedRange<Int64> = 1...1_000_000
  static let days: ClosedRange<Int64> = 1...36_500
  static let optionalCount: ClosedRange<Int64> = 0...1_000_000
  static let largeCount: ClosedRange<Int64> = 1...1_000_000_000_000_000
  static let priorities: ClosedRange<Int64> = -1_000_000_000...1_000_000_000
}
