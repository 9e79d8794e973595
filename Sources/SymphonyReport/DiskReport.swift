// The answer of `symphony gc`, as one value: what lies in a state directory, how much it takes up,
// and what became of it and why. Written with `--json`; the keys are a promise as in ItemReport.
import SymphonyCore

package struct DiskReport: Hashable, Codable, Sendable {
  package var version = StateReport.currentVersion
  package var at: Moment
  package var stateDirectory: String
  package var dryRun: Bool
  package var things: [Thing] = []
  /// Rows of old runs that went, or would.
  package var runRows = 0

  package init(at now: Timestamp, stateDirectory: String, dryRun: Bool) {
    at = Moment(now)
    (self.stateDirectory, self.dryRun) = (stateDirectory, dryRun)
  }

  /// Something that goes or stays as a whole.
  package struct Thing: Hashable, Codable, Sendable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
      case run, workspace, cache, damaged, leftover
      /// What a run could not use and put beside its place.
      case aside = "laid_aside"
      case database, backups
    }
    package enum Fate: String, Codable, Sendable, CaseIterable {
      case removed, kept, failed
      /// It would, or by the next ticks.
      case goes
    }
    package var kind: Kind
    /// For people: an issue, a run, a repository, or a name in the directory.
    package var name: String
    /// Absolute.
    package var path: String
    /// On the disk; null: not measured.
    @OrNull package var bytes: Int64?
    /// Since it was last used; null: not known.
    @OrNull package var ageSeconds: Int64?
    package var fate: Fate
    package var why: String
    /// It stays because something might be only there.
    package var holdsWork = false

    package init(_ kind: Kind, _ name: String, _ path: String, _ fate: Fate, _ why: String) {
      (self.kind, self.name, self.path, self.fate, self.why) = (kind, name, path, fate, why)
      (bytes, ageSeconds) = (nil, nil)
    }

    private enum CodingKeys: String, CodingKey {
      case kind, name, path, bytes, fate, why
      case ageSeconds = "age_seconds"
      case holdsWork = "holds_work"
    }
  }

  private enum CodingKeys: String, CodingKey {
    case version, at, things
    case stateDirectory = "state_directory"
    case dryRun = "dry_run"
    case runRows = "run_rows"
  }
}

// MARK: For people

extension DiskReport {
  /// More of one kind with one fate for one reason are told in one line.
  private static let toldOneByOne = 3

  /// A line for each thing, or for several, what goes first; then the sum.
  ///
  /// `width`: columns. `isVerbose`: each thing has its own line, and its path.
  package func lines(width: Int, isVerbose: Bool) -> [StyledLine] {
    let order: [Thing.Fate] = [.failed, .removed, .goes, .kept]
    var lines: [StyledLine] = []
    for fate in order {
      for kind in Thing.Kind.allCases {
        let things = things.filter { $0.fate == fate && $0.kind == kind }
        for group in Self.groups(of: things, isVerbose) {
          lines += line(group).wrapped(to: width)
          if isVerbose { lines += group.map { $0.place } }
        }
      }
    }
    return lines + sums.map { StyledLine($0, .bold) }
  }

  /// Things that have a line together, in the order of the first of each.
  private static func groups(of things: [Thing], _ isVerbose: Bool) -> [[Thing]] {
    var groups: [[Thing]] = []
    for thing in things {
      let place = groups.firstIndex { $0.first?.why == thing.why && !thing.holdsWork }
      if let place { groups[place].append(thing) } else { groups.append([thing]) }
    }
    return groups.flatMap { group in
      isVerbose || group.count <= toldOneByOne ? group.map { [$0] } : [group]
    }
  }

  private func line(_ group: [Thing]) -> StyledLine {
    guard let first = group.first else { return StyledLine() }
    let sizes = group.compactMap(\.bytes)
    let size = sizes.isEmpty ? "" : ByteCount.words(sizes.reduce(0, +))
    let age = group.compactMap(\.ageSeconds).max().map { ByteCount.age($0) } ?? ""
    var line = StyledLine(Columns.fit(first.fate.rawValue, 9), first.fate.style)
    line.add(Columns.fit(size, 7, toTheRight: true) + Columns.fit(age, 6, toTheRight: true) + "  ")
    let isOne = group.count == 1
    let what = isOne ? "\(first.kind.noun) \(first.name)" : first.kind.counted(group.count)
    line.add("\(what): \(first.why)")
    return line
  }

  private var sums: [String] {
    func sum(_ fates: [Thing.Fate]) -> (count: Int, words: String) {
      let chosen = things.filter { fates.contains($0.fate) }
      return (chosen.count, ByteCount.words(chosen.compactMap(\.bytes).reduce(0, +)))
    }
    let (removed, goes, kept) = (sum([.removed]), sum([.goes]), sum([.kept, .failed]))
    var parts: [String] = []
    if removed.count > 0 { parts.append("\(removed.words) freed") }
    if goes.count > 0 {
      parts.append("\(goes.words) \(dryRun ? "can go" : "goes with the next ticks")")
    }
    parts.append("\(kept.words) kept")
    var lines = [parts.joined(separator: ", ")]
    if runRows > 0 {
      lines.append(
        "\(runRows) rows of old runs \(dryRun ? "can go" : "removed from the database")")
    }
    return lines
  }
}

extension DiskReport.Thing {
  /// Its path below the line about it, never cut: it is there to be copied.
  fileprivate var place: StyledLine { StyledLine(String(repeating: " ", count: 24) + path, .dim) }
}

extension DiskReport.Thing.Fate {
  fileprivate var style: Style? {
    switch self {
    case .failed: .red
    case .removed, .goes: .yellow
    case .kept: nil
    }
  }
}

extension DiskReport.Thing.Kind {
  fileprivate var noun: String {
    switch self {
    case .run: "run"
    case .workspace: "workspace of"
    case .cache: "cache of"
    case .damaged: "replaced by recover,"
    case .leftover: "half removed,"
    case .aside: "laid aside,"
    case .database, .backups: "the"
    }
  }

  fileprivate func counted(_ count: Int) -> String {
    switch self {
    case .run: "\(count) runs"
    case .workspace: "\(count) workspaces"
    case .cache: "\(count) caches"
    case .damaged: "\(count) replaced by recover"
    case .leftover: "\(count) half removed"
    case .aside: "\(count) laid aside"
    case .database, .backups: "\(count) of \(rawValue)"
    }
  }
}

/// Sizes and ages in a few characters.
enum ByteCount {
  /// "512 B", "34 kB", "1.2 MB": powers of 1000, as the settings count.
  static func words(_ bytes: Int64) -> String {
    var (value, unit) = (Double(bytes), "B")
    for next in ["kB", "MB", "GB", "TB"] where value >= 999.5 {
      (value, unit) = (value / 1000, next)
    }
    let tenths = Int64((value * 10).rounded())
    let shown =
      unit == "B" || tenths >= 100 ? "\(Int64(value.rounded()))" : "\(tenths / 10).\(tenths % 10)"
    return "\(shown) \(unit)"
  }

  /// Of seconds: "5m", "3h", "91d".
  static func age(_ seconds: Int64) -> String {
    if seconds < 3600 { return "\(seconds / 60)m" }
    return seconds < 2 * 86400 ? "\(seconds / 3600)h" : "\(seconds / 86400)d"
  }
}
