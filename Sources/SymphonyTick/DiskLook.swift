// What lies in a state directory besides the database, and how much it takes up: the facts that
// DiskHygiene decides on. For what ticks tidy and for `symphony gc`; changes nothing.
import SymphonyCore
import SymphonyPlatform

/// A directory that may go as a whole.
package struct FoundFolder: Hashable, Sendable {
  /// Absolute.
  package var path: String
  /// Since something in it was last made or replaced; nil: not known.
  package var age: Interval?
}

package struct DiskLook: Sendable {
  private let layout: StateLayout
  private let policy: Policy
  private let now: Timestamp
  /// The names in a folder; a test gives its own.
  var listing: @Sendable (_ folder: String) throws(PlatformError) -> [String] = {
    path throws(PlatformError) in try Files.list(path)
  }

  /// `stateDirectory`: absolute.
  package init(_ stateDirectory: String, _ policy: Policy, now: Timestamp) {
    (layout, self.policy, self.now) = (StateLayout(stateDirectory), policy, now)
  }

  private var cacheFolder: String { policy.workspace.cacheDirectory ?? layout.caches }
  private var workspaceFolder: String { policy.workspace.worktreeDirectory ?? layout.workspaces }

  /// What recoveries replaced.
  ///
  /// `problems`, here and below: what could not be looked at is added, and the rest told.
  package func damaged(_ problems: inout [PlatformError]) -> [FoundFolder] {
    entries(of: layout.damaged, &problems).filter { !Self.isLeftover($0) }.map(found)
  }

  /// What the next recovery, or the next run that met the same, would find in its way: copies of
  /// repositories and workspaces that runs could not use, and that may hold commits.
  package func laidAside(_ problems: inout [PlatformError]) -> [FoundFolder] {
    // Each kind in its own place: a workflow may name one folder that lies in the other.
    let caches = cacheEntries(&problems).filter {
      Files.lastName(of: $0).contains(".git.damaged-")
    }
    let workspaces = entries(of: workspaceFolder, &problems).filter {
      Files.lastName(of: $0).contains(".aside-")
    }
    return (caches + workspaces).filter { !Self.isLeftover($0) }.map(found)
  }

  package func caches(_ problems: inout [PlatformError]) -> [SeenCache] {
    cacheEntries(&problems).filter { $0.hasSuffix(".git") }.map(cache)
  }

  /// A cache as it is now.
  func cache(_ path: String) -> SeenCache {
    var seen = SeenCache(path: path)
    do throws(PlatformError) {
      if let since = try CacheNote(path).validSince() {
        seen.rest = age(since)
      }
    } catch { seen.problem = error.description }
    return seen
  }

  /// Directories whose removal was begun: nobody needs them.
  package func leftovers(_ problems: inout [PlatformError]) -> [FoundFolder] {
    // In a directory that a person named others may have such names: ours are those of caches.
    let caches = cacheEntries(&problems).filter { $0.hasSuffix(".git" + Files.removedSuffix) }
    let damaged = entries(of: layout.damaged, &problems).filter(Self.isLeftover)
    return (caches + damaged).map(found)
  }

  private static func isLeftover(_ path: String) -> Bool { path.hasSuffix(Files.removedSuffix) }

  /// Caches lie in directories of their owners.
  private func cacheEntries(_ problems: inout [PlatformError]) -> [String] {
    var found: [String] = []
    for owner in entries(of: cacheFolder, &problems) { found += entries(of: owner, &problems) }
    return found
  }

  /// Directories; none where there is no such folder.
  private func entries(of folder: String, _ problems: inout [PlatformError]) -> [String] {
    do throws(PlatformError) {
      return try listing(folder).map { Files.join(folder, $0) }
        .filter { Files.linkTarget($0) == nil && Files.isDirectory($0) }
    } catch {
      // Several questions list the same folders.
      if !problems.contains(error) {
        problems.append(error)
      }
      return []
    }
  }

  private func found(_ path: String) -> FoundFolder {
    FoundFolder(path: path, age: Files.modifiedSeconds(path).flatMap(age))
  }

  /// Nil for a time to come: then a clock was wrong, and says nothing.
  private func age(_ seconds: Int64) -> Interval? {
    let age = now - Timestamp(milliseconds: seconds * 1000)
    return age < .zero ? nil : age
  }
}

// MARK: Sizes

extension DiskSizes {
  /// Entries of the file system that a tick looks at for one measurement: about a second's worth.
  package static let entriesOfTick = 200_000

  package func keep(in store: any TickStore) throws(StoreError) {
    guard let text = try? FactJSON.text(of: self) else {
      preconditionFailure("sizes cannot be written as JSON")
    }
    try store.commit([.setFact(.diskSizes, text)], basis: nil)
  }

  /// As last measured; nothing where no limit asks for it.
  static func stored(in store: any TickStore, _ policy: Policy) throws(StoreError) -> DiskSizes {
    guard policy.measuresDisk else { return DiskSizes() }
    return FactJSON.read(try store.fact(.diskSizes), as: DiskSizes.self) ?? DiskSizes()
  }

  /// Measured anew, but for what is known and changes no more: ended runs, and workspaces whose
  /// last run began before they were measured and is not under way.
  ///
  /// What has more entries than can be looked at counts for those that were; what there is no time
  /// for has no size yet, and is the first of the next time. `runs`: ended ones. `entries`: of each
  /// run and workspace.
  package func measured(
    _ items: [ItemRecord], runs ended: [RunID], in stateDirectory: String, at now: Timestamp,
    entries: Int = entriesOfTick, while mayGoOn: () -> Bool = { true }
  ) -> DiskSizes {
    var measured = DiskSizes()
    measured.at = now
    let layout = StateLayout(stateDirectory)
    for run in ended {
      measured.runs[run.text] = runs[run.text]
      if runs[run.text] == nil, mayGoOn() {
        measured.runs[run.text] = DiskUse(of: layout.run(run), entries: entries).bytes
      }
    }
    for record in items where record.hasWorkspace {
      guard let path = record.home?.workspace else { continue }
      let key = record.workspace.text
      measured.workspaces[key] = known(of: record)
      if measured.workspaces[key] == nil, mayGoOn() {
        measured.workspaces[key] = DiskUse(of: path, entries: entries).bytes
        if !DiskHygiene.mayRest(record) { measured.unsettled.insert(key) }
      }
    }
    return measured
  }
}

extension Policy {
  /// A limit asks for sizes.
  package var measuresDisk: Bool {
    workspace.maxGigabytes != nil || retention.runsMaxMegabytes != nil
  }
}
