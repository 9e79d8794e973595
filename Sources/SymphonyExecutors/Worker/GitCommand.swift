// The worker's own git: one child per command, supervised, with a clean environment (no prompt, no
// pager, no hooks, no fsmonitor, English messages), output in files of the run directory. Used by
// every step that touches a repository. It knows commands and how they fail; which command is right
// is the step's decision.
import SymphonyCore
import SymphonyPlatform

/// Where a command runs.
enum GitPlace {
  /// A repository without a working tree, named explicitly.
  case bare(String)
  case tree(String)
}

struct GitAnswer {
  var command: String
  var exit: ChildExit
  var overTime: Bool
  var output: String
  var errors: String

  var isSuccess: Bool { exit.isSuccess && !overTime }
  /// Without the line end.
  var text: String { output.trimmingWhitespace() }
  var lines: [String] { output.split(separator: "\n").map(String.init) }
  /// What went wrong, for people: the command, how it ended, its last words.
  var complaint: String {
    let how = overTime ? "ran out of its time" : "ended with \(exit.description)"
    let words = errors.split(separator: "\n").map { $0.trimmingWhitespace() }
      .filter { !$0.isEmpty }.suffix(3).joined(separator: " | ")
    return "`\(command)` \(how)" + (words.isEmpty ? "" : ": \(words)")
  }
}

final class GitCommand {
  let run: LiveRun
  /// The cache's lock, inherited by git children as descriptor 3: a killed worker leaves the cache
  /// locked until its git has ended.
  var cacheLock: FileLock?

  init(_ run: LiveRun) { self.run = run }

  private static let settings = [
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.fsync=all", "core.pager=cat",
    "gc.auto=0", "maintenance.auto=false", "commit.gpgSign=false", "push.followTags=false",
    "push.recurseSubmodules=no", "fetch.recurseSubmodules=no", "advice.detachedHead=false",
    // See TreeFacts.
    "diff.ignoreSubmodules=dirty",
  ]

  /// Runs a command; an exit status other than 0 is an answer, not an error.
  /// - Parameters:
  ///   - remote: it talks to the remote and gets the credentials.
  ///   - limit: nil: what is left of the phase.
  func ask(
    _ arguments: [String], in place: GitPlace, remote: Bool = false,
    environment extra: [String: String] = [:], limit: Interval? = nil
  ) throws(RunStop) -> GitAnswer {
    try run.beat()
    try PlantedFiles.remove(run)
    let (out, err) = (
      Files.join(run.files.path, "git.out"), Files.join(run.files.path, "git.err")
    )
    defer {
      try? Files.remove(out)
      try? Files.remove(err)
    }
    var command = ["git"]
    let directory: String
    switch place {
    case .bare(let path):
      command.append("--git-dir=\(path)")
      directory = path
    case .tree(let path): directory = path
    }
    for setting in GitCommand.settings { command += ["-c", setting] }
    var request = SpawnRequest(
      arguments: command + arguments,
      environment: environment(remote, directory, extra, isPush: arguments.first == "push"),
      directory: directory)
    request.output = out
    request.errorOutput = err
    request.inherited = cacheLock.map { [$0.descriptor] } ?? []
    let pid = try platform { () throws(PlatformError) in
      try Files.remove(out)
      try Files.remove(err)
      return try Spawn.start(request)
    }
    let report = try Supervisor(run: run).watch(
      pid, timeLimit: limit?.milliseconds ?? run.remaining
    ) { () throws(RunStop) in .silence }
    let shown = GitCredentials.redact("git " + arguments.joined(separator: " "), run.token)
    return GitAnswer(
      command: shown, exit: report.exit, overTime: report.end == .overTime,
      output: Files.tail(out, limit: 16 << 20),
      errors: GitCredentials.redact(Files.tail(err, limit: 16 << 10), run.token))
  }

  /// Runs a command that has to succeed and returns its output without the line end. A remote that
  /// does not answer is told apart (`remote_failed`): waiting for it spends no attempt.
  @discardableResult
  func must(
    _ arguments: [String], in place: GitPlace, remote: Bool = false,
    environment extra: [String: String] = [:]
  ) throws(RunStop) -> String {
    let answer = try ask(arguments, in: place, remote: remote, environment: extra)
    guard answer.isSuccess else {
      throw .failed(remote ? "remote_failed" : "git_failed", answer.complaint)
    }
    return answer.text
  }

  /// Makes a working tree what `arguments` say. Its filters (LFS) may have to fetch, so it gets the
  /// credentials too; but what goes wrong is this machine's trouble, and not the remote's.
  func checkOut(_ arguments: [String], in place: GitPlace) throws(RunStop) {
    let answer = try ask(arguments, in: place, remote: true)
    guard answer.isSuccess else { throw .failed("git_failed", answer.complaint) }
  }

  /// Answers of commands that say yes with 0 and no with 1; anything else is an error.
  func holds(_ arguments: [String], in place: GitPlace) throws(RunStop) -> Bool {
    let answer = try ask(arguments, in: place)
    if answer.isSuccess { return true }
    if answer.exit == .exited(1), !answer.overTime { return false }
    throw .failed("git_failed", answer.complaint)
  }

  /// The commit a name stands for; nil when there is none, or its objects are not here.
  func commit(_ name: String, in place: GitPlace) throws(RunStop) -> String? {
    let answer = try ask(
      ["rev-parse", "--verify", "--quiet", "--end-of-options", "\(name)^{commit}"], in: place)
    return answer.isSuccess ? answer.text : nil
  }
  func isAncestor(_ older: String, of newer: String, in place: GitPlace) throws(RunStop) -> Bool {
    try holds(["merge-base", "--is-ancestor", older, newer], in: place)
  }
  /// How many commits `range` (arguments of rev-list) holds.
  func count(_ range: [String], in place: GitPlace) throws(RunStop) -> Int {
    Int(try must(["rev-list", "--count"] + range, in: place)) ?? 0
  }

  /// Whether `head` holds commits that no remote-tracking branch and no push of ours ever held:
  /// they are only here.
  func isOwed(_ head: String, in place: GitPlace) throws(RunStop) -> Bool {
    let pushed = RemoteBranch.pushedRef(run.spec.git.branch)
    let known = try commit(pushed, in: place) != nil ? [pushed] : []
    return try count([head, "--not", "--remotes"] + known, in: place) > 0
  }

  private func environment(
    _ remote: Bool, _ directory: String, _ extra: [String: String], isPush: Bool
  ) -> [String: String] {
    var values = run.environment
    for name in GitCredentials.misleading + run.spec.agent.secretVariables { values[name] = nil }
    values["GIT_TERMINAL_PROMPT"] = "0"
    values["GIT_ASKPASS"] = ""
    values["GIT_PAGER"] = "cat"
    values["GIT_EDITOR"] = "true"
    values["SSH_ASKPASS_REQUIRE"] = "never"
    // An agent could have one commit shown in the place of another.
    values["GIT_NO_REPLACE_OBJECTS"] = "1"
    values["LC_ALL"] = "C"
    values["PWD"] = nil
    // A damaged workspace must not make git find a repository further up.
    values["GIT_CEILING_DIRECTORIES"] = Files.parent(of: Files.resolved(directory) ?? directory)
    values[RunMarker.variable] = run.spec.runID.text
    for (name, value) in extra { values[name] = value }
    // The one variable for a private authority: libraries that git may be linked to read others.
    if values["GIT_SSL_CAINFO"] == nil, let file = values["SSL_CERT_FILE"], !file.isEmpty {
      values["GIT_SSL_CAINFO"] = file
    }
    if remote {
      let scope = run.spec.git.credentialScope
      GitCredentials.add(run.token, scope: scope, to: &values)
      if isPush { GitCredentials.sendOnce(scope: scope, in: &values) }
    }
    return values
  }
}
