// Files that Git LFS keeps: the repository holds pointers to them, and a server refuses pointers
// whose objects it has not got. Git's own way to send them is a hook, and our git runs none: so
// they are sent before the commits. An agent that is locked in has no network: what its clone may
// check out is fetched into the cache, and what its commits point to is taken out of the clone.
// Called by PushOrder and WalledClone. Where objects go is said by the base branch, which people
// have reviewed, and never by what an agent wrote into .lfsconfig.
import SymphonyCore
import SymphonyPlatform

struct LargeFiles {
  let git: GitCommand
  let checkout: Checkout

  /// The folder of the objects, in the git directory: for the clone and the cache behind it, and
  /// whatever else the user's settings say.
  static let store = "lfs"

  private var order: GitOrder { git.run.spec.git }
  private var place: GitPlace { checkout.repository.place }

  // MARK: In

  /// Fetches into the cache what a clone behind the wall may check out: the files of the base and
  /// of the item's branch.
  ///
  /// From there a filter inside gets them, without token and network.
  func bringIn() throws(RunStop) {
    guard checkout.isWalled else { return }
    let commits = try git.commits(
      [checkout.baseRef, "refs/remotes/origin/\(order.branch)"], in: place
    ).compactMap(\.self)
    guard !commits.isEmpty, try areIn(commits) else { return }
    guard try areFiltered() else {
      git.run.log(
        "the repository keeps files with Git LFS, which is not set up for this user: the agent "
          + "finds pointers in their place; `git lfs install` sets it up")
      return
    }
    let settings = settings(try address(order.cloneURL, keys: ["lfs.url"]))
    let answer = try git.ask(
      settings + ["lfs", "fetch", "--", "origin"] + commits, in: place, remote: true)
    if answer.isSuccess { return }
    // A file that its server has lost is passed over: else no item of the repository could ever
    // run.
    guard Self.says(Self.lost, answer) else {
      throw git.unreached("the files of Git LFS are not fetched: " + answer.complaint)
    }
    git.run.remark(
      "files of Git LFS are not on their server, and the agent finds pointers in their place: "
        + answer.complaint)
  }

  /// Of an object that the server should have.
  private static let lost = ["remote missing object", "[404]", "[410]", "object does not exist"]
  /// The server itself is away: that passes, and says nothing about what is to be sent.
  private static let away = [
    "dial tcp", "connection refused", "connection reset", "no such host", "i/o timeout",
    "tls handshake", "deadline exceeded", "[500]", "[502]", "[503]", "[504]",
  ]
  private static func says(_ phrases: [String], _ answer: GitAnswer) -> Bool {
    let words = (answer.errors + "\n" + answer.output).lowercased()
    return phrases.contains { words.contains($0) }
  }

  /// Whether git here replaces pointers by files at all.
  private func areFiltered() throws(RunStop) -> Bool {
    try git.answer(
      ["config", "--get-regexp", "^filter\\.lfs\\.(process|smudge)$"], in: place
    ).isSuccess
  }

  // MARK: Out

  /// Takes out of a clone behind the wall what the commit and those before it, as far as the remote
  /// lacks them, point to.
  ///
  /// The commit is in the cache already.
  /// - Returns: for people, which of its objects cannot be taken, by their digests.
  func takeOut(_ head: String) throws(RunStop) -> [String: String] {
    guard checkout.isWalled, try areIn(commits(behind: head)) else { return [:] }
    let wanted = try pointers(head)
    guard !wanted.isEmpty else { return [:] }
    return try LargeObjects(run: git.run, checkout: checkout).takeOut(wanted)
  }

  /// The digests that new lines of the commits name.
  ///
  /// Read by git from the cache; more than fit into one answer are not looked at, and found to be
  /// missing when they are to be sent.
  private func pointers(_ head: String) throws(RunStop) -> [String] {
    let answer = try git.ask(
      [
        "log", "-m", "--no-renames", "--no-textconv", "--no-ext-diff", "--text", "--format=",
        "--unified=0", "-G^oid sha256:[0-9a-f]{64}", head, "--not", "--remotes",
      ], in: place)
    guard answer.isSuccess || answer.isCut else { throw .failed("git_failed", answer.complaint) }
    let start = Array("+oid sha256:".utf8)
    var found: [String] = []
    var known: Set<String> = []
    for line in answer.bytes.split(separator: UInt8(ascii: "\n")) where line.starts(with: start) {
      let digest = String(decoding: line.dropFirst(start.count).prefix(64), as: UTF8.self)
      if LargeObjects.isDigest(digest), known.insert(digest).inserted { found.append(digest) }
    }
    return found
  }

  /// Sends what the commit's history has and the remote's branches lack.
  ///
  /// `target`: the remote's address, or the name of the one that the workflow names.
  /// - Returns: nil when the remote has them, or none are needed; else why not, for people.
  /// - Throws: `.ended` with `remote_failed` when their server is out of reach.
  func problem(uploading head: String, to target: String) throws(RunStop) -> String? {
    guard try areIn(commits(behind: head)) else { return nil }
    guard try git.answer(["lfs", "version"], in: place).isSuccess else {
      return "the repository keeps files with Git LFS (its .gitattributes say so), and git-lfs is "
        + "not installed for the worker"
    }
    let left = try takeOut(head)
    let address = try address(try url(target), keys: ["lfs.pushurl", "lfs.url"])
    let answer = try git.ask(
      settings(address) + ["lfs", "push", "--", address == nil ? target : "origin", head],
      in: place, remote: true)
    if answer.isSuccess { return nil }
    let words = "the files of Git LFS are not sent: "
    if let missing = missing(answer, left) { return words + missing }
    if Self.says(Self.away, answer) { throw git.unreached(words + answer.complaint) }
    return words + answer.complaint
  }

  /// Which file lacks its object, and why; nil when that is not what is wrong.
  private func missing(_ answer: GitAnswer, _ left: [String: String]) -> String? {
    // `  (missing) art/logo.png (DIGEST)`
    let lines = (answer.output + "\n" + answer.errors).splitLines()
      .map { $0.trimmingWhitespace() }
      .filter { $0.hasPrefix("(missing) ") || $0.hasPrefix("(corrupt) ") }
    guard let line = lines.first else { return nil }
    let digest = String(line.dropLast().suffix(64))
    let file = line.dropFirst("(missing) ".count).dropLast(digest.count + 3)
    let more = lines.count > 1 ? " (and \(lines.count - 1) more)" : ""
    return "\(file.prefix(200)) points to the object \(digest), which is neither here nor on the "
      + "remote\(more); "
      + (left[digest] ?? "a file has to be added with Git LFS, not its pointer")
  }

  // MARK: Whether and where

  /// The commits whose attributes say whether there are such files: an agent may have said so in
  /// one commit, and taken it back in the next.
  ///
  /// So those that changed them, and what they changed.
  private func commits(behind head: String) throws(RunStop) -> [String] {
    let changing = try git.must(
      [
        "log", "--max-count=100", "--full-history", "--format=%H %P", head, "--not", "--remotes",
        "--", Self.attributes,
      ], in: place)
    let found = changing.split { $0.isWhitespace }.map(String.init)
    return [head] + Set(found).subtracting([head]).sorted()
  }
  private static let attributes = ":(glob)**/.gitattributes"

  private func areIn(_ commits: [String]) throws(RunStop) -> Bool {
    try git.holds(
      ["grep", "--quiet", "--fixed-strings", "-e", "filter=lfs"] + commits
        + ["--", Self.attributes], in: place)
  }

  /// Settings that override those of .lfsconfig.
  private func settings(_ address: String?) -> [String] {
    var all = ["lfs.allowIncompletePush=false"]
    if let address { all += ["lfs.url=\(address)", "lfs.pushurl=\(address)"] }
    return all.flatMap { ["-c", $0] }
  }

  /// The remote that is known by its name, by its address; the name where it has none.
  private func url(_ target: String) throws(RunStop) -> String {
    if target.hasPrefix("/") || target.contains(":") { return target }
    for key in ["lfspushurl", "lfsurl"] {
      let told = try git.answer(["config", "--get", "remote.\(target).\(key)"], in: place)
      // That one names the server itself, and git-lfs finds it by the name.
      if told.isSuccess { return target }
    }
    let told = try git.answer(["remote", "get-url", "--push", "--", target], in: place)
    return told.isSuccess ? told.lines.first ?? target : target
  }

  /// The server of the objects; nil for a remote that is known by its name only.
  private func address(_ remote: String, keys: [String]) throws(RunStop) -> String? {
    for key in keys {
      let told = try git.answer(
        ["config", "--blob", "\(checkout.baseRef):.lfsconfig", "--get", key], in: place)
      guard told.isSuccess, !told.text.isEmpty else { continue }
      if isAllowed(told.text, for: remote) { return told.text }
      git.run.log(
        "\(key) of .lfsconfig is not used: \(told.text.prefix(200)) is no server that git may "
          + "reach for this remote")
    }
    if remote.hasPrefix("/") { return Self.address(ofFolder: remote) }
    guard remote.contains("://") || remote.contains("@") else { return nil }
    guard remote.hasPrefix("http") else { return remote }
    return (remote.hasSuffix(".git") ? remote : remote + ".git") + "/info/lfs"
  }

  /// A folder of this machine only where the remote is one, and plain http only where git may speak
  /// it.
  ///
  /// A host that begins like an option would become one of ssh.
  func isAllowed(_ url: String, for remote: String) -> Bool {
    if url.hasPrefix("-") || url.contains("://-") || url.contains("@-") { return false }
    let parts = url.split(separator: "://", maxSplits: 1)
    let scheme = parts.count == 2 ? parts[0].lowercased() : url.contains("@") ? "ssh" : "file"
    if scheme == "file" { return remote.hasPrefix("/") || remote.hasPrefix("file:") }
    return GitSettings.protocols(order).split(separator: ":").contains { $0 == scheme }
  }

  /// For git-lfs, which takes the path out of an address: unlike git it decodes it.
  static func address(ofFolder path: String) -> String {
    "file://"
      + path.replacing("%", with: "%25").replacing("?", with: "%3F").replacing("#", with: "%23")
  }
}
