// The worker's own git: one child per command, supervised, with a clean environment (no prompt, no
// pager, no hooks, no fsmonitor, English messages), output in memory. Used by every step that
// touches a repository. It knows commands, how they fail, and on which side of the wall each runs;
// which command is right is the step's decision.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns

/// The place in which a git command runs.
enum GitPlace {
  /// A repository without a working tree, named explicitly. No agent can write there.
  case bare(String)
  case tree(String)
  /// The tree of an agent that is locked in. What stands in it may make git start programs, so git
  /// runs there as the agent does: in the sandbox, without token and network.
  case walled(String)

  var path: String {
    switch self {
    case .bare(let path), .tree(let path), .walled(let path): path
    }
  }
}

struct GitAnswer {
  var command: String
  var exit: ChildExit
  var overTime: Bool
  /// Its standard output.
  ///
  /// File names in it are bytes: not every name is UTF-8.
  var bytes: [UInt8]
  /// There was more than may be kept; then the answer counts as failed.
  var isCut = false
  var errors: String

  var isSuccess: Bool { exit.isSuccess && !overTime && !isCut }
  /// Git came to its own end, and its status means something.
  ///
  /// A program around git ends with a status like git's where git never began or was killed:
  /// bwrap with 1, and then its words are all there is; env with 125 to 127, and a shell with
  /// those above 128 that no git ends with. A git to which the machine gave no memory or no file
  /// has not looked at what it was asked about.
  var isConclusive: Bool {
    guard case .exited(let status) = exit, !overTime, !isCut else { return false }
    guard status < 125 || status == 128 || status == 129 else { return false }
    return status == 0 || !errors.hasPrefix("bwrap: ") && !GitWords.lacksMeans(errors)
  }
  /// Repaired where it is not UTF-8: for words and object ids, not for file names.
  var output: String { String(decoding: bytes, as: UTF8.self) }
  /// Without the line end.
  var text: String { output.trimmingWhitespace() }
  var lines: [String] { output.splitLines().map(String.init) }
  /// Git's last lines after every refused connection: they push the reason out of sight.
  private static let advice = [
    "Please make sure you have the correct access rights", "and the repository exists.",
  ]
  /// The trouble, for people: the command, how it ended, its last words.
  var complaint: String {
    let how =
      isCut
      ? "printed more than \(GitCommand.outputLimit >> 20) MB"
      : overTime ? "ran out of its time" : "ended with \(exit.description)"
    let lines = errors.splitLines().map { $0.trimmingWhitespace() }
      .filter { !$0.isEmpty && !GitAnswer.advice.contains($0) }
    var last = Array(lines.suffix(3))
    // Advice of many lines must not push the reason out of sight.
    if !last.contains(where: GitWords.isReason), let reason = lines.last(where: GitWords.isReason) {
      last[0] = reason
    }
    var words = last.joined(separator: " | ")
    if ["301", "302", "303", "307", "308"].contains(where: { words.contains("error: \($0)") }) {
      words += " (a redirect is not followed: the token would go with it to the other address)"
    }
    return "`\(command)` \(how)" + (words.isEmpty ? "" : ": \(words)")
  }
}

final class GitCommand {
  let run: LiveRun
  /// The cache's lock, inherited by git children as descriptor 3: a killed worker leaves the cache
  /// locked until its git has ended.
  var cacheLock: FileLock?

  init(_ run: LiveRun) { self.run = run }

  /// Bytes of one command's output; it is ended when it prints more.
  static let outputLimit = 64 << 20
  private static let errorLimit = 16 << 20

  /// Runs a command; an exit status other than 0 is an answer, not an error.
  ///
  /// `remote`: it talks to the remote and gets the credentials; never behind the wall. `plain`: it
  /// sees as little of the environment as git behind the wall. `input`: what it reads; nil:
  /// nothing. `limit`: nil: what is left of the phase.
  func ask(
    _ arguments: [String], in place: GitPlace, remote: Bool = false,
    plain: Bool = false, environment extra: [String: String] = [:], input: [UInt8]? = nil,
    limit: Interval? = nil
  ) throws(RunStop) -> GitAnswer {
    try run.beat()
    try run.checkLease()
    let (out, err) = try platform { () throws(PlatformError) in
      (try MemoryFile(), try MemoryFile())
    }
    let settings = GitSettings.noNestedGit + GitSettings.ownManners
    var command = ["git"]
    if case .bare(let path) = place { command.append("--git-dir=\(path)") }
    for setting in settings { command += ["-c", setting] }
    let order = run.spec.git
    let scope = remote ? GitCredentials.scope(order, run.token) : nil
    var inherited = cacheLock.map { [$0.descriptor] } ?? []
    command += arguments.map { GitCredentials.addressed($0, scope) }
    var values = environment(place, plain)
    for (name, value) in extra { values[name] = value }
    var token: MemoryFile?
    if case .walled = place {
      let configures = ["init", "config"].contains(arguments.first)
      let guest = configures ? Sandbox.Guest.configuring : .git
      command = try Sandbox(run: run, guest: guest).wrap(command, values)
      // The cache's lock is none of the wall's business.
      inherited = []
    } else if remote {
      token = try credentials(&values, for: arguments, 3 + inherited.count)
      inherited += token.map { [$0.descriptor] } ?? []
    }
    var request = SpawnRequest(
      arguments: command, environment: values, directory: place.path)
    (request.outputDescriptor, request.errorDescriptor) = (out.descriptor, err.descriptor)
    request.inherited = inherited
    request.deed = GitQuestion.isOne(arguments) ? .question : .git
    let given = try input.map { bytes throws(RunStop) in
      try platform { () throws(PlatformError) in try MemoryFile(sealed: bytes) }
    }
    request.inputDescriptor = given?.descriptor
    let pid = try platform { () throws(PlatformError) in
      try withExtendedLifetime((token, given)) { () throws(PlatformError) in
        try Spawn.start(request)
      }
    }
    let report = try Supervisor(run: run).watch(
      pid, timeLimit: limit?.milliseconds ?? run.remaining
    ) { () throws(RunStop) in
      out.size > Self.outputLimit || err.size > Self.errorLimit ? .enough : .silence
    }
    // The command behind this option is our wall, and long.
    let words = arguments.map { $0.hasPrefix("--upload-pack=") ? "--upload-pack=..." : $0 }
    let answer = GitAnswer(
      command: run.redact("git " + words.joined(separator: " ")), exit: report.exit,
      overTime: report.end == .overTime,
      bytes: out.bytes(limit: Self.outputLimit),
      isCut: report.end == .enough || out.size > Self.outputLimit,
      errors: run.redactedTail(err, limit: 16 << 10))
    // Git's failure is no answer then, whatever was asked.
    if !answer.isSuccess, GitWords.isMachineTrouble(answer.errors, remote: remote) {
      throw .ended(.hindered(answer.complaint))
    }
    return answer
  }

  /// The same for a question to which a failure is an answer: no such ref, no such setting.
  ///
  /// One that git did not come to an end with was not answered, and is never taken for a no.
  func answer(
    _ arguments: [String], in place: GitPlace, environment extra: [String: String] = [:],
    input: [UInt8]? = nil
  ) throws(RunStop) -> GitAnswer {
    let answer = try ask(arguments, in: place, environment: extra, input: input)
    guard answer.isConclusive else { throw .failed("git_failed", answer.complaint) }
    return answer
  }

  /// Runs a command that has to succeed and returns its output without the line end.
  ///
  /// A remote that does not answer is told apart (`remote_failed`): waiting for it spends no
  /// attempt.
  @discardableResult
  func must(
    _ arguments: [String], in place: GitPlace, remote: Bool = false,
    environment extra: [String: String] = [:]
  ) throws(RunStop) -> String {
    let answer = try ask(arguments, in: place, remote: remote, environment: extra)
    guard answer.isSuccess else {
      throw remote ? unreached(answer) : .failed("git_failed", answer.complaint)
    }
    return answer.text
  }

  /// The remote did not do what was asked: which one, and in git's words why.
  func unreached(_ answer: GitAnswer) -> RunStop {
    var words = answer.complaint
    if answer.errors.contains("could not read Username") {
      words += " (the remote refuses the token, or wants one; `symphony doctor` tries it)"
    }
    return unreached(words)
  }
  func unreached(_ words: String) -> RunStop {
    .failed(
      RunCode.remoteFailed,
      "the remote \(run.redact(run.spec.git.cloneURL)) did not do what was asked: \(words)")
  }

  /// Makes a working tree what `arguments` say.
  ///
  /// Its filters (LFS) may have to fetch, so it gets the credentials too; but what goes wrong is
  /// this machine's trouble, and not the remote's.
  func checkOut(_ arguments: [String], in place: GitPlace) throws(RunStop) {
    let answer = try ask(arguments, in: place, remote: true)
    if answer.isSuccess { return }
    if GitWords.isMachineTrouble(answer.errors, remote: false) {
      throw .ended(.hindered(answer.complaint))
    }
    throw .failed("git_failed", answer.complaint)
  }

  /// Answers of commands that say yes with 0 and no with 1; anything else is an error.
  func holds(_ arguments: [String], in place: GitPlace) throws(RunStop) -> Bool {
    let answer = try answer(arguments, in: place)
    if answer.isSuccess { return true }
    if answer.exit == .exited(1) { return false }
    throw .failed("git_failed", answer.complaint)
  }

  /// The commit a name stands for; nil when there is none, or its objects are not here.
  func commit(_ name: String, in place: GitPlace) throws(RunStop) -> String? {
    let answer = try answer(
      ["rev-parse", "--verify", "--quiet", "--end-of-options", "\(name)^{commit}"], in: place)
    guard answer.isSuccess else { return nil }
    // Behind the wall the answer is the agent's to forge: it becomes an argument of other commands.
    guard GitSettings.isObjectName(answer.text) else {
      throw .failed("git_failed", "`\(answer.command)` names no commit: \(answer.text.prefix(80))")
    }
    return answer.text
  }

  /// The same for several names at once, in their order.
  ///
  /// `names`: `HEAD` and full names of refs.
  func commits(_ names: [String], in place: GitPlace) throws(RunStop) -> [String?] {
    let answer = try answer(
      ["cat-file", "--batch-check=%(objecttype) %(objectname)"], in: place,
      input: Array(names.map { "\($0)^{commit}\n" }.joined().utf8))
    let lines = answer.lines
    guard answer.isSuccess, lines.count == names.count else {
      throw .failed("git_failed", answer.complaint)
    }
    return lines.map { line in
      let parts = line.split(separator: " ").map(String.init)
      return parts.count == 2 && parts[0] == "commit" && GitSettings.isObjectName(parts[1])
        ? parts[1] : nil
    }
  }

  /// Every commit is an ancestor of itself; no git has to be asked for that.
  func isAncestor(_ older: String, of newer: String, in place: GitPlace) throws(RunStop) -> Bool {
    if older == newer { return true }
    return try holds(["merge-base", "--is-ancestor", older, newer], in: place)
  }
  /// How many commits `range` (arguments of rev-list) holds.
  func count(_ range: [String], in place: GitPlace) throws(RunStop) -> Int {
    let text = try must(["rev-list", "--count"] + range, in: place)
    guard let count = Int(text) else {
      throw .failed("git_failed", "`git rev-list --count` printed no number: \(text.prefix(80))")
    }
    return count
  }

  /// How many commits each of two has that the other one lacks.
  func difference(_ one: String, _ other: String, in place: GitPlace) throws(RunStop) -> (
    one: Int, other: Int
  ) {
    let text = try must(
      ["rev-list", "--left-right", "--count", "\(one)...\(other)"], in: place)
    let numbers = text.split(separator: "\t").compactMap { Int($0) }
    guard numbers.count == 2 else {
      throw .failed(
        "git_failed", "`git rev-list --left-right` printed no numbers: \(text.prefix(80))")
    }
    return (numbers[0], numbers[1])
  }

  /// The values of those settings that are there, by their names in lower case.
  ///
  /// `names`: without a subsection, such as `user.name`.
  func settings(_ names: [String], in place: GitPlace) throws(RunStop) -> [String: String] {
    let pattern = names.map { $0.lowercased().replacing(".", with: "\\.") }.joined(separator: "|")
    let answer = try answer(["config", "-z", "--get-regexp", "^(\(pattern))$"], in: place)
    // 1: there is none of them.
    guard answer.isSuccess || answer.exit == .exited(1) else {
      throw .failed("git_failed", answer.complaint)
    }
    var found: [String: String] = [:]
    for entry in answer.bytes.split(separator: 0) {
      let parts = entry.split(
        separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false
      ).map { String(decoding: $0, as: UTF8.self) }
      // The last one counts, as for git itself.
      found[parts[0].lowercased()] = parts.count == 2 ? parts[1] : ""
    }
    return found
  }

  /// Whether `head` holds commits that no remote-tracking branch and no push of ours ever held:
  /// they are only here.
  func isOwed(_ head: String, in place: GitPlace) throws(RunStop) -> Bool {
    let pushed = RemoteBranch.pushedRef(run.spec.git.branch)
    let known = try commit(pushed, in: place) != nil ? [pushed] : []
    return try count([head, "--not", "--remotes"] + known, in: place) > 0
  }

  // MARK: Environment

  private func environment(_ place: GitPlace, _ plain: Bool) -> [String: String] {
    var values = run.environment
    var isPlain = plain
    if case .walled = place { isPlain = true }
    values =
      isPlain
      ? GitSettings.plain(values)
      : AgentView.withoutSecrets(values, run.token.map { [$0.reveal()] } ?? [])
    for name in GitCredentials.misleading + run.spec.agent.secretVariables { values[name] = nil }
    GitSettings.keepQuiet(run.spec.git, &values)
    // A damaged workspace must not make git find a repository further up.
    let directory = place.path
    values["GIT_CEILING_DIRECTORIES"] = Files.parent(of: Files.resolved(directory) ?? directory)
    values[RunMarker.variable] = run.spec.runID.text
    return values
  }

  /// `number`: the descriptor under which the child finds the file.
  /// - Returns: the file that holds the token; to be kept until the child has started.
  private func credentials(
    _ values: inout [String: String], for arguments: [String], _ number: Int
  ) throws(RunStop) -> MemoryFile? {
    // A redirect would take the token to another host: git matches the header with the first one.
    GitSettings.add("http.followRedirects", "false", to: &values)
    let text = GitCredentials.configuration(run.token, run.spec.git, for: arguments)
    guard let text else { return nil }
    GitSettings.add("include.path", "/proc/self/fd/\(number)", to: &values)
    return try platform { () throws(PlatformError) in try MemoryFile(sealed: Array(text.utf8)) }
  }
}
