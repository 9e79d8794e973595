// Runs the workflow's hooks: `sh -c` in the workspace, one at a time, each with its timeout, output
// kept in hooks.log (at most 1 MB, the newest). Called by Work, TurnLoop and CleanUp. What a
// failure means is decided here too, because it depends on nothing but the hook's name.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns

struct HookRunner {
  let environment: AgentEnvironment
  static let logLimit = 1 << 20

  private var run: LiveRun { environment.run }

  /// An agent that is locked in has its hooks locked in with it, unless the workflow says
  /// otherwise: they would read, and perhaps run, what it wrote.
  var areOutside: Bool {
    run.spec.agent.sandbox.kind == .none || !run.spec.hooks.sandboxed
  }
  private static let wallHint =
    " (it ran in the sandbox, without network and token; `hooks.sandbox: false` runs hooks outside)"

  /// - Returns: false when the hook failed; only after_run and after_turn come back with it.
  /// - Throws: `.ended` with the code `hook_failed` for the hooks an attempt depends on.
  @discardableResult
  func call(_ hook: HookPolicy.Hook, turn: Int? = nil) throws(RunStop) -> Bool {
    guard let script = script(hook) else { return true }
    // Of a workspace that is new, or about to go, nothing is the agent's.
    guard hook != .afterCreate, hook != .beforeRemove else {
      return try carryOut(hook, script, turn)
    }
    let watch = BaselineWatch(git: GitCommand(run), checkout: environment.checkout)
    do throws(RunStop) { try watch.open() } catch {
      // Cleaning up is not to be left out because a workspace is broken.
      guard case .ended(let trouble) = error, hook == .afterRun else { throw error }
      run.log("what after_run leaves is not told from the agent's work: \(trouble.summary)")
      return try carryOut(hook, script, turn)
    }
    let isGood: Bool
    do throws(RunStop) { isGood = try carryOut(hook, script, turn) } catch {
      do throws(RunStop) { try watch.close() } catch let later {
        run.log("after the hook \(hook.rawValue): \(later)")
      }
      throw error
    }
    try watch.close()
    return isGood
  }

  /// Nil: the workflow has none.
  func script(_ hook: HookPolicy.Hook) -> String? {
    guard let script = run.spec.hooks.script(hook), !script.trimmingWhitespace().isEmpty else {
      return nil
    }
    return script
  }

  private func carryOut(
    _ hook: HookPolicy.Hook, _ script: String, _ turn: Int?
  ) throws(RunStop) -> Bool {
    let timeout = run.spec.hooks.timeout
    try run.enter(.hooks, limit: timeout + .seconds(10))
    // In memory until it is redacted: what a hook prints may hold its token.
    let output = try platform { () throws(PlatformError) in try MemoryFile() }
    var values = environment.forHook(turn, isOutside: areOutside)
    var arguments = ["sh", "-c", script]
    if areOutside {
      // A hook may call git, too.
      try PlantedFiles.remove(run)
      try keepOutOfSubmodules(&values)
    } else {
      // No agent was there yet: such a hook may set the clone up.
      let guest = hook == .afterCreate ? Sandbox.Guest.configuring : .hook
      arguments = try Sandbox(run: run, guest: guest).wrap(arguments, values)
    }
    var request = SpawnRequest(
      arguments: arguments, environment: values, directory: environment.checkout.path)
    request.outputDescriptor = output.descriptor
    let pid = try platform { () throws(PlatformError) in try Spawn.start(request) }
    let report: ChildReport
    do throws(RunStop) {
      report = try Supervisor(run: run).watch(pid, timeLimit: max(0, timeout.milliseconds)) {
        () throws(RunStop) in
        // A hook that prints without end must not fill the memory: the newest stays.
        if output.size > 4 * HookRunner.logLimit { output.clear() }
        return .silence
      }
    } catch {
      if case .leaseLost = error { throw error }
      record(hook, turn, "stopped", output)
      throw error
    }
    let how =
      report.end == .overTime
      ? "ran longer than \(timeout.description)" : "ended with \(report.exit.description)"
    record(hook, turn, how, output)
    if report.end == .itself, report.exit.isSuccess { return true }
    let words = run.redactedTail(output, limit: 600)
      .split { $0.isNewline }.suffix(5).joined(separator: " | ").trimmingWhitespace()
    let sentence =
      "hook \(hook.rawValue) \(how)" + (words.isEmpty ? "" : ": \(words)")
      + (areOutside || run.spec.agent.sandbox.kind == .none ? "" : HookRunner.wallHint)
    switch hook {
    case .afterRun, .afterTurn:
      run.log(sentence)
      return false
    case .afterCreate, .beforeRun, .beforeTurn, .beforeRemove:
      throw .failed("hook_failed", sentence)
    }
  }

  /// `.gitmodules` may have git look for changes in a repository inside, whose filters it would
  /// run: it outdoes a setting for all submodules, and is outdone by one for the submodule's name.
  ///
  /// Only for an agent that is locked in: another one needs no such way.
  private func keepOutOfSubmodules(_ values: inout [String: String]) throws(RunStop) {
    guard environment.checkout.isWalled else { return }
    let answer = try GitCommand(run).ask(
      [
        "config", "--file", ".gitmodules", "-z", "--name-only", "--get-regexp",
        "^submodule\\..*\\.ignore$",
      ], in: environment.checkout.place)
    guard answer.isConclusive || answer.isCut else {
      throw .failed("git_failed", answer.complaint)
    }
    let names = answer.bytes.split(separator: 0).map { String(validating: $0, as: UTF8.self) }
    guard !answer.isCut, names.count <= 1000, !names.contains(nil) else {
      throw .failed(
        "hook_failed",
        ".gitmodules has names that no hook outside the sandbox can be kept away from; look at it, "
          + "or drop hooks.sandbox: false")
    }
    for case let name? in names { GitSettings.add(name, "dirty", to: &values) }
  }

  private func record(_ hook: HookPolicy.Hook, _ turn: Int?, _ how: String, _ output: MemoryFile) {
    let log = run.files.hooksLog
    let head =
      "== \(Timestamp.current.rfc3339) \(hook.rawValue)"
      + (turn.map { " (turn \($0))" } ?? "") + " \(how)\n"
    // Line by line, so that nothing in it reaches a terminal as more than text.
    var text = run.redactedTail(output, limit: HookRunner.logLimit / 2)
      .splitLines(keepingEmpty: true)
      .map { PlainText.line(String($0)) }.joined(separator: "\n")
    text = String(decoding: text.utf8.suffix(HookRunner.logLimit - 4096), as: UTF8.self)
    if !text.isEmpty, !text.endsInLineFeed { text += "\n" }
    let entry = run.redact(head + text)
    let room = HookRunner.logLimit - entry.utf8.count
    var found = stat()
    let size = stat(log, &found) == 0 ? Int(found.st_size) : 0
    do throws(PlatformError) {
      if size <= room { return try Files.append(log, entry) }
      try Files.writeAtomically(log, Files.tail(log, limit: max(0, room)) + entry, durable: false)
    } catch { run.log(error.description) }
  }
}
