// Findings of doctor about this machine: the user, git, the directories with their space, and the
// database. Reads a private copy of it and writes nothing.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyStore
import SymphonyTick
import SymphonyWorkflow

extension Checkup {
  /// With root's rights an agent, and whoever steers it, can do anything to the machine.
  func user() -> [Finding] {
    guard Host.userID == 0 else { return [Finding(.pass, "user", Host.userName)] }
    return [
      Finding(
        .warn, "user", "this is root: agents and hooks could do anything to this machine",
        hint: "give symphony a user, a container or a virtual machine of its own")
    ]
  }

  func machine(_ policy: WorkspacePolicy, _ known: KnownState) -> [Finding] {
    var findings = git() + directories(policy, known)
    // One trouble may be found by two checks.
    findings += known.findings.filter { found in !findings.contains { $0.text == found.text } }
    return findings + space(policy)
  }

  private func git() -> [Finding] {
    let answer = ask(["git", "--version"])
    guard let answer, answer.exit.isSuccess else {
      let why = answer.flatMap { GitWords.reason($0.errorOutput) }.map { ": \($0)" } ?? ""
      return [Finding(.fail, "git", "git cannot be started\(why)", hint: GitVersion.hint)]
    }
    let words = answer.output.trimmingWhitespace()
    if let version = GitVersion(words), version < .oldest {
      return [
        Finding(.fail, "git", "\(words) cannot be given a token safely", hint: GitVersion.hint)
      ]
    }
    var findings = [Finding(.pass, "git", words)]
    let author = reading?.policy?.git
    if let name = author?.commitAuthorName, let address = author?.commitAuthorEmail {
      findings.append(Finding(.pass, "identity", "\(name) <\(address)>, by the workflow"))
    } else if let gitIdentity {
      findings.append(Finding(.pass, "identity", gitIdentity))
    } else {
      findings.append(
        Finding(
          .skip, "identity", "git knows no user.name and user.email: commits are symphony's",
          hint: "`git config --global user.name ...` and user.email, or git.commit_author_name"))
    }
    return findings
  }

  /// `Name <address>`; nil: git has none and would make one up.
  var gitIdentity: String? {
    let answer = ask(["git", "-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT"])
    guard let answer, answer.exit.isSuccess else { return nil }
    // Seconds and time zone follow.
    guard let end = answer.output.lastIndex(of: ">") else { return nil }
    return String(answer.output[...end])
  }

  // MARK: Directories

  private func directories(_ policy: WorkspacePolicy, _ known: KnownState) -> [Finding] {
    let absent = NamedFolders(
      stateDirectory: place.stateDirectory, policy: policy, items: known.items,
      marked: known.marked
    ).absent()
    var findings = [directory("state", place.stateDirectory)]
    for (name, path) in [
      ("caches", policy.cacheDirectory), ("workspaces", policy.worktreeDirectory),
    ] {
      guard let path else {
        findings.append(Finding(.pass, name, "in the state directory"))
        continue
      }
      if !absent.contains(where: { $0.folder == path }) { findings.append(directory(name, path)) }
    }
    // One directory may be missing for both.
    for missing in absent {
      let finding = Finding(.fail, "workspaces", missing.sentence, hint: missing.hint)
      if !findings.contains(finding) { findings.append(finding) }
    }
    if place.namesState, let absence = NamedState.absence(place.stateDirectory) {
      findings.append(Finding(.fail, "state", absence.sentence, hint: absence.hint))
    }
    return findings
  }

  /// Writable, without writing: the nearest existing directory has to be.
  private func directory(_ name: String, _ path: String) -> Finding {
    do throws(UnsafeFolder) { try FolderSafety().check(path) } catch {
      return Finding(.fail, name, error.sentence, hint: error.hint)
    }
    let near = existing(path)
    if !Files.isDirectory(near) || !Files.isWritable(near) {
      return Finding(
        .fail, name, "\(near) is not a directory this user can write to",
        hint: "change its owner, or name another with --state-dir or workspace.root")
    }
    if Host.isNetworkFileSystem(near) {
      return Finding(
        .fail, name, "\(path) is on a network file system: locks mean nothing there",
        hint: "name one on a local disk with --state-dir or workspace.root")
    }
    return Finding(.pass, name, path)
  }

  private func existing(_ path: String) -> String {
    var near = path
    while !Files.exists(near), near != "/" { near = Files.parent(of: near) }
    return near
  }

  // MARK: Space

  /// Fewer files than a checkout of some size has.
  private static let fewInodes = 10_000

  /// Of every directory that is written to; what is the same for all is said once.
  private func space(_ policy: WorkspacePolicy) -> [Finding] {
    let places = [place.stateDirectory, policy.cacheDirectory, policy.worktreeDirectory]
    var findings: [Finding] = []
    var seen: Set<String> = []
    for path in places.compactMap(\.self).map(existing) where seen.insert(path).inserted {
      let name = seen.count == 1 ? "" : " in \(path)"
      if let free = Files.freeMegabytes(path) {
        findings.append(
          free < policy.minFreeMegabytes
            ? Finding(
              .fail, "disk",
              "\(free) MB free\(name), workspace.min_free_mb asks for \(policy.minFreeMegabytes)",
              hint: "free some, or set workspace.root to a directory on a larger disk")
            : Finding(.pass, "disk", "\(free) MB free\(name)"))
      }
      if let free = Files.freeInodes(path) {
        findings.append(
          free < Self.fewInodes
            ? Finding(
              .warn, "inodes", "only \(free) more files can be made\(name)",
              hint: "`df -i` shows it; remove what holds many small files")
            : Finding(.pass, "inodes", "\(free) more files can be made\(name)"))
      }
    }
    return findings
  }
}

/// The contents of the state directory, through one private copy of its database.
struct KnownState {
  private(set) var items: [ItemRecord] = []
  private(set) var marked: String?
  private(set) var lastTick: LastTick?
  private(set) var findings: [Finding] = []

  init(_ place: Place) {
    let database = StateLayout(place.stateDirectory).database
    do throws(StoreError) {
      try SQLiteStore.checkPlace(place.stateDirectory)
      // Also where the file is missing: that there was one is a finding.
      let store = try SQLiteStore.open(
        directory: place.stateDirectory, mode: .privateCopy,
        now: Timestamp(milliseconds: Clock.wallMilliseconds()))
      defer { store.close() }
      guard Files.exists(database) else {
        findings = [Finding(.skip, "database", "there is none: no tick has run yet")]
        return
      }
      try store.quickCheck()
      items = try store.load().items
      marked = try store.fact(.markedFolders)
      lastTick = try store.fact(.lastTick).flatMap { try? ReportJSON.read($0, as: LastTick.self) }
    } catch {
      findings = [Finding(.fail, "state", error.sentence, hint: error.hint)]
      return
    }
    findings = [
      Files.isWritable(database)
        ? Finding(.pass, "database", "\(database) is whole, with \(items.count) item(s)")
        : Finding(
          .fail, "database", "\(database) cannot be written by this user",
          hint: "change its owner: it belongs to the user whose timer calls ticks")
    ]
  }
}
