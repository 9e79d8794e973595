// Mends a repository that a power loss, or an agent, has spoilt: refs and loose objects that are
// empty, refs to commits that are gone, lines of packed-refs that say nothing. The fetch then fails
// although the remote is well. Refs that the journals of the working trees know are put back, the
// others are named. Called by FetchedRepository when a fetch has failed.
import SymphonyCore
import SymphonyPlatform

struct DamagedRefs {
  let git: GitCommand
  let repository: FetchedRepository

  private var run: LiveRun { git.run }
  private var place: GitPlace { repository.place }
  private var directory: String { repository.directory }

  /// Git's words where it cannot read its own objects or refs.
  private static let words = [
    "bad object", "is corrupt", "object file", "loose object", "unable to read", "packed-refs",
    "all necessary objects", "missing blob", "missing tree", "missing commit", "inflate",
    "index file", "not a valid object", "unresolved deltas", "broken",
  ]

  /// Whether it is the repository here that cannot be read, and not the remote.
  func explain(_ failure: GitAnswer) throws(RunStop) -> String? {
    guard !failure.overTime, Self.words.contains(where: { failure.errors.contains($0) }) else {
      return nil
    }
    // The same words may be the remote's about itself.
    let look = try git.ask(["rev-list", "--all", "--objects", "--quiet"], in: place)
    return look.isSuccess || !look.isConclusive ? nil : look.complaint
  }

  /// Takes away what holds nothing, so that git can fetch again.
  /// - Returns: the refs that are gone now, and are not the remote's.
  func clear() throws(RunStop) -> [String] {
    try dropEmptyObjects()
    try dropSenselessLines()
    var lost: [String] = []
    for file in looseRefs(Files.join(directory, "refs"), "refs")
    where !Self.isRef((try? Files.readText(file.path, limit: 4096)) ?? "") {
      run.log("removing \(file.path): it names no commit, as after a power loss")
      try platform { () throws(PlatformError) in try Files.remove(file.path) }
      lost.append(file.name)
    }
    for (ref, object) in try dangling() {
      try git.must(["update-ref", "--no-deref", "-d", ref], in: place)
      run.log("removing the ref \(ref): its commit \(object) cannot be read")
      lost.append(ref)
    }
    return lost.filter { !$0.hasPrefix("refs/remotes/") }
  }

  /// Puts back what can be, with all objects of the remote at hand, and names the rest.
  func restore(_ lost: [String]) throws(RunStop) {
    for ref in lost where try git.commit(ref, in: place) == nil {
      if try !restore(ref) {
        run.keep("the ref \(ref) in \(place.path) was damaged, and no journal tells its commit")
      }
    }
  }

  // MARK: The branches

  /// The item's branch is gone, and its working tree stands on it.
  func restoreOwn() throws(RunStop) {
    let ref = "refs/heads/\(run.spec.git.branch)"
    let own = Registration(cache: directory, workspace: run.spec.paths.workspace)
    guard repository.isBare, let entry = own.directory,
      try git.answer(["symbolic-ref", "--quiet", "HEAD"], in: .bare(entry)).text == ref,
      try git.commit(ref, in: place) == nil
    else { return }
    try restore(ref)
  }

  /// Puts a branch back to where the journals say it was.
  /// - Returns: false where none of them knows a commit that is whole.
  @discardableResult
  func restore(_ ref: String) throws(RunStop) -> Bool {
    var known = Self.journal(Files.join(directory, "logs/\(ref)"))
    for (entry, _) in Registration.all(in: directory) {
      let head = (try? Files.readText(Files.join(entry, "HEAD"), limit: 4096)) ?? ""
      if head.trimmingWhitespace() == "ref: \(ref)" {
        known = Self.journal(Files.join(entry, "logs/HEAD")) + known
      }
    }
    var seen: Set<String> = []
    for commit in known where seen.insert(commit).inserted && seen.count <= 50 {
      guard try git.commit(commit, in: place) != nil,
        try git.answer(
          ["rev-list", "--objects", "--quiet", commit, "--not", "--remotes"], in: place
        ).isSuccess
      else { continue }
      try git.must(["update-ref", ref, commit], in: place)
      run.log(
        "the ref \(ref) is back at \(commit.prefix(12)), from the journal of its working tree")
      if let first = known.first, first != commit {
        run.keep("commit \(first.prefix(12)) of \(ref) is damaged; \(commit.prefix(12)) is not")
      }
      return true
    }
    return false
  }

  /// Newest first; the end of a branch is no commit of it.
  private static func journal(_ file: String) -> [String] {
    Files.tail(file, limit: 1 << 20).splitLines().compactMap { line -> String? in
      let words = line.split(separator: " ", maxSplits: 2)
      guard words.count == 3, GitSettings.isObjectName(String(words[1])),
        words[1].contains(where: { $0 != "0" })
      else { return nil }
      return String(words[1])
    }.reversed()
  }

  private func looseRefs(_ folder: String, _ name: String) -> [(path: String, name: String)] {
    var found: [(path: String, name: String)] = []
    for entry in (try? Files.list(folder)) ?? [] where !entry.hasSuffix(".lock") {
      let path = Files.join(folder, entry)
      if Files.isDirectory(path) {
        found += looseRefs(path, "\(name)/\(entry)")
      } else {
        found.append((path, "\(name)/\(entry)"))
      }
    }
    return found
  }

  private static func isRef(_ text: String) -> Bool {
    let word = text.trimmingWhitespace()
    return word.hasPrefix("ref: refs/") || GitSettings.isObjectName(word)
  }

  /// Refs whose object is not there.
  private func dangling() throws(RunStop) -> [(ref: String, object: String)] {
    let refs = RefList.read(try git.must(RefList.command, in: place))
    let names: String = refs.map { $0.object + "\n" }.joined()
    let answer = try git.ask(
      ["cat-file", "--batch-check"], in: place,
      input: Array(names.utf8))
    guard answer.isSuccess else { throw .failed("git_failed", answer.complaint) }
    let missing = Set(
      answer.lines.filter { $0.hasSuffix(" missing") }.map { String($0.dropLast(8)) })
    return refs.filter { missing.contains($0.object) }
  }

  // MARK: Files

  /// Such a file holds nothing, and keeps git from fetching the object.
  private func dropEmptyObjects() throws(RunStop) {
    let objects = Files.join(directory, "objects")
    var count = 0
    for folder in (try? Files.list(objects)) ?? [] where folder.utf8.count == 2 {
      let inner = Files.join(objects, folder)
      for name in (try? Files.list(inner)) ?? [] where name.utf8.count >= 38 {
        let file = Files.join(inner, name)
        guard !Files.isDirectory(file), OutputTail.size(file) == 0 else { continue }
        try platform { () throws(PlatformError) in try Files.remove(file) }
        count += 1
      }
    }
    if count > 0 {
      run.log("removed \(count) empty object(s) from \(objects), as after a power loss")
    }
  }

  /// Of packed-refs, which git refuses whole for one line.
  private func dropSenselessLines() throws(RunStop) {
    let file = Files.join(directory, "packed-refs")
    guard Files.exists(file), let text = try? Files.readText(file) else { return }
    var kept: [Substring] = []
    var isSound = true
    var follows = false
    for line in text.splitLines() {
      let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
      let isPeeled = line.hasPrefix("^") && GitSettings.isObjectName(String(line.dropFirst()))
      let isRef =
        words.count == 2 && GitSettings.isObjectName(String(words[0]))
        && words[1].hasPrefix("refs/")
      if isRef || line.hasPrefix("# ") || isPeeled && follows {
        kept.append(line)
      } else {
        isSound = false
      }
      follows = isRef
    }
    guard !isSound else { return }
    let aside = "\(file).damaged-r\(run.spec.generation)"
    run.log("\(file) has lines that are no refs; it is kept as \(aside)")
    try platform { () throws(PlatformError) in
      try Files.writeAtomically(aside, text)
      try Files.writeAtomically(file, kept.map { $0 + "\n" }.joined())
    }
  }
}
