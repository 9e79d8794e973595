// Which systemd manager has the units of a workflow, the user's or the machine's: writing them,
// starting the timer, and taking both away. Called by install and uninstall. Only files that bear
// our mark for that workflow are touched.
import SymphonyCore
import SymphonyPlatform
import SymphonyTick

struct UnitScope {
  let isForMachine: Bool

  /// Those that this user may have units in.
  static var all: [UnitScope] {
    [UnitScope(isForMachine: false)] + (Host.userID == 0 ? [UnitScope(isForMachine: true)] : [])
  }

  private var folder: String {
    isForMachine ? CallerSearch.machineUnits : CallerSearch.userUnits
  }
  var flags: [String] { isForMachine ? [] : ["--user"] }
  /// As a person types it.
  private var command: String { isForMachine ? "systemctl" : "systemctl --user" }

  /// Answers with where to look when no tick comes.
  func install(_ units: SystemdUnits, dryRun: Bool) throws -> String {
    let name = SystemdUnits.name(of: units.call.workflow)
    let files = [
      (Files.join(folder, name + ".service"), units.starts),
      (Files.join(folder, name + ".timer"), units.timer),
    ]
    for (file, text) in files where dryRun {
      Output.answer("# \(file)")
      Output.page(text)
    }
    if dryRun {
      Output.answer("# \(command) enable --now \(name).timer")
      return ""
    }
    try refuseUnread()
    try write(files)
    do {
      try systemctl(["daemon-reload"])
      try systemctl(["enable", "--now", "\(name).timer"])
    } catch {
      // Nothing half done is left: the next try begins from the start.
      _ = try? systemctl(["disable", "--now", "\(name).timer"])
      for (file, _) in files { try? Files.remove(file) }
      _ = try? systemctl(["daemon-reload"])
      throw error
    }
    for (file, _) in files { Output.done("wrote \(file)") }
    let words = [units.call.program] + units.call.arguments
    Output.answer("it calls: " + words.map(ShellWords.quoted).joined(separator: " "))
    Output.done("enabled \(name).timer, every \(units.every.words)")
    remarkOnLinger()
    let journal = isForMachine ? "journalctl" : "journalctl --user"
    return "\(command) status \(name).timer; \(journal) -u \(name).service"
  }

  /// A manager that was started with another HOME looks for units elsewhere.
  private func refuseUnread() throws {
    let answer = try systemctl(["show", "--property=UnitPath", "--value"])
    let folders = answer.split(whereSeparator: \.isWhitespace).map(String.init)
    // A folder with a space in its name cannot be told from two: then enabling tells.
    guard !folders.isEmpty, !folder.contains(" "), !folders.contains(folder) else { return }
    throw Stop(
      .usage,
      "`\(command)` does not look for units in \(folder): it has another HOME or "
        + "XDG_CONFIG_HOME than this shell",
      hint: "set them as at login, or use `symphony install --cron`")
  }

  private func write(_ files: [(path: String, text: String)]) throws {
    var written: [String] = []
    do throws(PlatformError) {
      try Files.makeDirectories(folder, mode: 0o755)
      for (file, text) in files {
        try Files.create(file, text, mode: 0o644)
        written.append(file)
      }
    } catch {
      for file in written { try? Files.remove(file) }
      throw Stop(
        .state, error.description,
        hint: "nothing is left of it; `symphony uninstall` first, or "
          + "look who wrote that file")
    }
  }

  /// A user's manager ends with the last session, and the timer with it.
  private func remarkOnLinger() {
    guard !isForMachine, Host.userID != 0 else { return }
    let name = Host.environment["USER"] ?? ""
    if name.isEmpty || !Files.exists("/var/lib/systemd/linger/\(name)") {
      Output.hint("`loginctl enable-linger`, else the timer ends when you log out")
    }
  }

  /// True when there was something of ours.
  func uninstall(_ workflow: String, dryRun: Bool) throws -> Bool {
    let name = SystemdUnits.name(of: workflow)
    let files = [".timer", ".service"].map { Files.join(folder, name + $0) }.filter { file in
      let text = (try? Files.readText(file, limit: 1 << 18)) ?? ""
      return text.hasPrefix(SystemdUnits.mark(of: workflow) + "\n")
    }
    if files.isEmpty { return false }
    if dryRun {
      for file in files { Output.answer("would remove \(file)") }
      return true
    }
    // Its files are still there: without them the manager could not undo the enabling.
    if files.contains(where: { $0.hasSuffix(".timer") }) {
      try systemctl(["disable", "--now", "\(name).timer"])
    }
    for file in files {
      do throws(PlatformError) { try Files.remove(file) } catch {
        throw Stop(.state, error.description, hint: "the timer is disabled; remove it by hand")
      }
      Output.done("removed \(file)")
    }
    try systemctl(["daemon-reload"])
    return true
  }

  /// Answers with what it printed.
  /// - Throws: `Stop` with its own words where it fails.
  @discardableResult
  func systemctl(_ arguments: [String]) throws -> String {
    let shown = "\(command) \(arguments.joined(separator: " "))"
    let answer: CapturedCommand
    do throws(PlatformError) {
      answer = try CapturedCommand.run(
        ["systemctl"] + flags + arguments, environment: Host.environment,
        timeoutMilliseconds: 30_000)
    } catch {
      throw Stop(
        .usage, "systemd cannot be asked: \(error.description)",
        hint: "use `symphony install --cron`")
    }
    if answer.exit.isSuccess, !answer.timedOut { return answer.output }
    let words =
      answer.timedOut
      ? "no answer within 30 s" : GitWords.reason(answer.errorOutput) ?? answer.exit.description
    let isAlone = words.contains("connect to") || words.contains("not been booted")
    throw Stop(
      .willRetry, "`\(shown)` failed: \(words)",
      hint: isAlone
        ? "no such manager runs for this session: log in as that user (not by su), or --cron" : nil)
  }
}
