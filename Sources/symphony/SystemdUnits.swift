// The systemd units that `symphony install` writes: those of systemd/, from their first section on,
// with the project's own paths in the place of the instance's. A test compares the two texts.
// Renders only; UnitScope writes.
import SymphonyCore
import SymphonyPlatform

/// A timer and what it starts, for one workflow.
struct SystemdUnits {
  let call: ScheduledCall
  let every: CallInterval
  /// Of the machine's manager, which must be told for whom it works; else of the user's.
  let isForMachine: Bool

  /// Without an ending.
  ///
  /// One workflow has one name, and two never share one.
  static func name(of workflow: String) -> String { "symphony-tick-\(Place.name(of: workflow))" }

  /// The first line of each file: what `uninstall` knows its own by.
  static func mark(of workflow: String) -> String {
    "# Written by `symphony install` for \(workflow)"
  }

  /// The lines of `template` with ours in the place of those that name the instance.
  private func filled(_ template: String, _ ours: [String: [String]]) -> String {
    let lines = template.splitLines(keepingEmpty: true).map(String.init)
    let head = [Self.mark(of: call.workflow), "# `symphony uninstall` takes it away again."]
    return (head + lines.flatMap { ours[$0] ?? [$0] }).joined(separator: "\n")
  }

  private var description: String { "symphony tick for \(Self.literal(call.workflow))" }

  var starts: String {
    var environment = call.variables.map { name, value in
      "Environment=\(Self.quoted("\(name)=\(value)"))"
    }
    // It sets HOME, too, which the machine's manager does not.
    if isForMachine { environment.insert("User=root", at: 0) }
    return filled(
      Self.unitTemplate,
      [
        "Description=symphony tick in %f": ["Description=\(description)"],
        "WorkingDirectory=%f": [
          "WorkingDirectory=\(Self.literal(Files.parent(of: call.workflow)))"
        ],
        "ExecStart=/usr/local/bin/symphony tick --scheduled": [
          "ExecStart=" + ([call.program] + call.arguments).map(Self.word).joined(separator: " ")
        ],
        "Environment=\"PATH=%h/.local/bin:/usr/local/bin:/usr/bin:/bin\"": environment,
      ])
  }

  var timer: String {
    filled(
      Self.timerTemplate,
      [
        "Description=symphony tick in %f, every 30 seconds": [
          "Description=\(description), every \(every.words)"
        ],
        "OnUnitActiveSec=30s": ["OnUnitActiveSec=\(every.rawValue)"],
      ])
  }

  /// A path in a line that knows no quotes, but specifiers.
  private static func literal(_ text: String) -> String { text.replacing("%", with: "%%") }

  private static func quoted(_ text: String) -> String {
    let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    return "\"\(literal(escaped))\""
  }

  /// A word of a command line, where a dollar sign would begin a variable.
  private static func word(_ text: String) -> String {
    let isPlain = text.unicodeScalars.allSatisfy { WorkspaceKey.isSafe($0) || $0 == "/" }
    return isPlain ? text : quoted(text).replacing("$", with: "$$")
  }

  static let unitTemplate = """
    [Unit]
    Description=symphony tick in %f

    [Service]
    Type=oneshot
    WorkingDirectory=%f
    ExecStart=/usr/local/bin/symphony tick --scheduled
    Environment="PATH=%h/.local/bin:/usr/local/bin:/usr/bin:/bin"
    SyslogIdentifier=symphony

    # A tick ends within its deadline of 25 s; this is for one that hangs.
    TimeoutStartSec=60
    TimeoutStopSec=10

    # Exit 1: something failed and the next tick tries it again. 69, 74 and 78 stay failures.
    SuccessExitStatus=1

    # Workers are started by the tick and outlive it inside this unit's control group. Only the tick
    # itself may be ended with the unit; `symphony stop --all` is what ends the workers.
    KillMode=process
    # An agent that runs out of memory must not take the tick or other agents with it.
    OOMPolicy=continue

    # Never add PrivateTmp, PrivatePIDs, RuntimeDirectory, DynamicUser, ProtectHome or
    # MemoryDenyWriteExecute: they would take files, processes or memory away from living workers.

    """

  static let timerTemplate = """
    [Unit]
    Description=symphony tick in %f, every 30 seconds

    [Timer]
    # Already past when the timer is enabled on a running machine: the first tick follows at once.
    OnBootSec=30s
    OnUnitActiveSec=30s
    AccuracySec=1s

    [Install]
    WantedBy=timers.target

    """
}
