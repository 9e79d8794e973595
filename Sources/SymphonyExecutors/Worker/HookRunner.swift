// Runs the workflow's hooks: `sh -c` in the workspace, one at a time, each with its timeout, output
// kept in hooks.log (at most 1 MB, the newest). Called by Work, TurnLoop and CleanUp. What a
// failure means is decided here too, because it depends on nothing but the hook's name.
import Glibc
import SymphonyCore
import SymphonyPlatform

struct HookRunner {
  let environment: AgentEnvironment
  static let logLimit = 1 << 20

  private var run: LiveRun { environment.run }

  /// - Returns: false when the hook failed; only after_run and after_turn come back with it.
  /// - Throws: `.ended` with the code `hook_failed` for the hooks an attempt depends on.
  @discardableResult
  func call(_ hook: HookPolicy.Hook, turn: Int? = nil) throws(RunStop) -> Bool {
    guard let script = run.spec.hooks.script(hook), !script.trimmingWhitespace().isEmpty else {
      return true
    }
    let timeout = run.spec.hooks.timeout
    // A hook may call git, too.
    try PlantedFiles.remove(run)
    try run.enter(.hooks, limit: timeout + .seconds(10))
    let path = Files.join(run.files.path, "hook.out")
    defer { try? Files.remove(path) }
    var request = SpawnRequest(
      arguments: ["sh", "-c", script], environment: environment.forHook(turn),
      directory: environment.checkout.path)
    request.output = path
    let pid = try platform { () throws(PlatformError) in
      try Files.remove(path)
      return try Spawn.start(request)
    }
    let report: ChildReport
    do throws(RunStop) {
      report = try Supervisor(run: run).watch(pid, timeLimit: max(0, timeout.milliseconds)) {
        () throws(RunStop) in
        bound(path)
        return .silence
      }
    } catch {
      if case .leaseLost = error { throw error }
      record(hook, turn, "stopped", path)
      throw error
    }
    let how =
      report.end == .overTime
      ? "ran longer than \(timeout.description)" : "ended with \(report.exit.description)"
    record(hook, turn, how, path)
    if report.end == .itself, report.exit.isSuccess { return true }
    let words = GitCredentials.redact(Files.tail(path, limit: 600), run.token)
      .split { $0.isNewline }.suffix(5).joined(separator: " | ").trimmingWhitespace()
    let sentence = "hook \(hook.rawValue) \(how)" + (words.isEmpty ? "" : ": \(words)")
    switch hook {
    case .afterRun, .afterTurn:
      run.log(sentence)
      return false
    case .afterCreate, .beforeRun, .beforeTurn, .beforeRemove:
      throw .failed("hook_failed", sentence)
    }
  }

  /// A hook that prints without end must not fill the disk: what is too much is cut off, the newest
  /// stays.
  private func bound(_ path: String) {
    var found = stat()
    guard stat(path, &found) == 0, found.st_size > 4 * HookRunner.logLimit else { return }
    _ = truncate(path, 0)
  }

  private func record(_ hook: HookPolicy.Hook, _ turn: Int?, _ how: String, _ output: String) {
    let log = run.files.hooksLog
    let head =
      "== \(Timestamp.current.rfc3339) \(hook.rawValue)"
      + (turn.map { " (turn \($0))" } ?? "") + " \(how)\n"
    var text = Files.tail(output, limit: HookRunner.logLimit - 4096)
    if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
    let entry = GitCredentials.redact(head + text, run.token)
    let room = HookRunner.logLimit - entry.utf8.count
    var found = stat()
    let size = stat(log, &found) == 0 ? Int(found.st_size) : 0
    do throws(PlatformError) {
      if size <= room { return try Files.append(log, entry) }
      try Files.writeAtomically(log, Files.tail(log, limit: max(0, room)) + entry, durable: false)
    } catch { run.log(error.description) }
  }
}
