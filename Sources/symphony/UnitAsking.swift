// Has systemd call doctor once: a unit for this boot only, with every line of the unit that calls
// ticks and doctor in the place of the tick. That is what no list of properties could promise:
// drop-ins, credentials and settings of a later systemd are the same. Taken away again whatever
// happens; `uninstall` and the next call take away what a kill left.
import SymphonyCore
import SymphonyPlatform
import SymphonyTick

struct UnitAsking {
  let workflow: String
  let scope: UnitScope

  /// The folder in which systemd looks for units that end with the boot.
  static func folder(isForMachine: Bool) -> String? {
    if isForMachine { return "/run/systemd/system" }
    return Host.environment["XDG_RUNTIME_DIR"].flatMap {
      $0.hasPrefix("/") ? Files.join($0, "systemd/user") : nil
    }
  }

  /// Without its ending; `@` is kept, so that `%i` and `%f` mean the same.
  private func stem(isInstance: Bool) -> String {
    "symphony-doctor-\(StableHash.hex(workflow, 8))" + (isInstance ? "@" : "")
  }

  // MARK: The unit

  /// Keys whose effect must not happen twice, or that would keep a single call from ending.
  private static let dropped: Set = [
    "OnFailure", "OnSuccess", "RefuseManualStart", "ExecStartPost", "ExecStop", "ExecStopPost",
    "ExecReload",
  ]

  /// Of a unit as `systemctl cat` prints it, drop-ins included; nil where none of its commands
  /// calls ticks.
  static func text(_ unit: String, answer: String, said: String) -> String? {
    let lines = unit.splitLines(keepingEmpty: true).joined(separator: "\n")
      .replacing("\\\n", with: " ").splitLines(keepingEmpty: true).map(String.init)
    func key(_ line: String) -> String {
      String(line.prefix { $0 != "=" }).trimmingWhitespace()
    }
    let calls = lines.filter { key($0) == "ExecStart" }.compactMap { line in
      CallLine.asking(String(line.drop { $0 != "=" }.dropFirst()), options: "--json")
    }
    guard let call = calls.last else { return nil }
    func path(_ text: String) -> String { text.replacing("%", with: "%%") }
    let own = [
      "", "[Service]", "Type=oneshot", "RemainAfterExit=no", "Restart=no", "ExecStart=",
      "ExecStart=\(call.trimmingWhitespace())",
      // Nothing of it is to live on.
      "KillMode=control-group", "TimeoutStartSec=\(patience)", "StandardInput=null",
      "StandardOutput=file:\(path(answer))", "StandardError=file:\(path(said))", "",
    ]
    return (lines.filter { !dropped.contains(key($0)) } + own).joined(separator: "\n")
  }

  /// Seconds: the tracker, agents and remotes have bounds of their own below it.
  private static let patience: Int64 = 240

  // MARK: Asking

  /// `timer`: with its ending.
  /// - Throws: `Stop` with 64 where it cannot be asked, 1 where systemd refuses.
  func ask(_ timer: String, _ box: AnswerBox) throws {
    guard let folder = Self.folder(isForMachine: scope.isForMachine) else {
      throw Stop(
        .usage, "XDG_RUNTIME_DIR is not set: systemd's manager of this user cannot be asked",
        hint: "log in as that user (not by su)")
    }
    if scope.isForMachine, Host.userID != 0 {
      throw Stop(
        .usage, "the timer \(timer) is the machine's, and only root can start a unit like it",
        hint: "use sudo")
    }
    let named = try scope.systemctl(["show", timer, "--property=Unit", "--value"])
      .trimmingWhitespace()
    let service = named.isEmpty ? String(timer.dropLast("timer".count)) + "service" : named
    let unit = try scope.systemctl(["cat", "--no-pager", service])
    guard let text = Self.text(unit, answer: box.answer, said: box.said) else {
      throw Stop(
        .usage, "it is not understood how \(service) calls ticks",
        hint: "its ExecStart= has to be `.../symphony tick --scheduled ...`")
    }
    let instance = service.firstIndex(of: "@").map { service[service.index(after: $0)...] }
    let stem = stem(isInstance: instance != nil)
    let file = Files.join(folder, stem + ".service")
    do throws(PlatformError) {
      try Files.makeDirectories(folder, mode: 0o755)
      try Files.writeAtomically(file, text, mode: 0o644, durable: false)
    } catch {
      throw Stop(.state, error.description)
    }
    let name = stem + (instance.map(String.init) ?? ".service")
    defer { clear(file, name) }
    try scope.systemctl(["daemon-reload"])
    try start(name)
  }

  /// Waits for its end; how it ended is said by the answer, or by there being none.
  private func start(_ name: String) throws {
    let pid: Int32
    do throws(PlatformError) {
      pid = try Spawn.start(
        SpawnRequest(
          arguments: ["systemctl"] + scope.flags + ["start", name],
          environment: Host.environment, directory: "/"))
    } catch {
      throw Stop(.usage, "systemd cannot be asked: \(error.description)")
    }
    let end = Clock.monotonicMilliseconds() + (Self.patience + 30) * 1000
    while Spawn.reap(pid) == nil {
      if Signals.seen != nil || Clock.monotonicMilliseconds() > end {
        Processes.signalChild(pid, Signals.killNow)
        while Spawn.reap(pid) == nil { Clock.sleep(milliseconds: 5) }
        return
      }
      Clock.sleep(milliseconds: 50)
    }
  }

  private func clear(_ file: String, _ name: String) {
    _ = try? scope.systemctl(["stop", name])
    try? Files.remove(file)
    _ = try? scope.systemctl(["daemon-reload"])
    // A unit that failed stays listed until it is told to go; one that did not is no failure here.
    _ = try? scope.systemctl(["reset-failed", name])
  }

  /// Removes the units of an earlier doctor that was killed.
  /// - Returns: what was removed, for a person.
  func removeLeftovers() -> [String] {
    guard let folder = Self.folder(isForMachine: scope.isForMachine) else { return [] }
    var removed: [String] = []
    for isInstance in [false, true] {
      let file = Files.join(folder, stem(isInstance: isInstance) + ".service")
      if Files.exists(file), (try? Files.remove(file)) != nil { removed.append(file) }
    }
    if !removed.isEmpty { _ = try? scope.systemctl(["daemon-reload"]) }
    return removed
  }
}
