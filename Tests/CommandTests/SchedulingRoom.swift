// A project with stand-ins for crontab(1) and systemctl(1) in PATH, as far as install and uninstall use
// them.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport

/// A local project whose directory has a name that needs every kind of quoting.
struct SchedulingRoom {
  let project: Project
  let path: String
  var workflow: String { Files.join(path, "WORKFLOW.md") }
  var crontab: String { project.folder.file("home/crontab") }
  var units: String { project.folder.file("home/.config/systemd/user") }

  init(_ name: String = "it's 100% \"mine\" $HOME") throws {
    project = try Project.local(issues: 0)
    path = project.folder.file(name)
    try Git.run(["clone", "--quiet", project.path, path], in: project.folder.path)
    try Files.writeAtomically(
      workflow, try Files.readText(project.workflow), mode: 0o644, durable: false)
    try Files.makeDirectories(Files.join(path, "issues"))
    try project.folder.write("bin/crontab", Self.crontabProgram, mode: 0o755)
    try project.folder.write("bin/systemctl", Self.systemctlProgram, mode: 0o755)
  }

  /// As much of it as is used.
  private static let crontabProgram = """
    #!/bin/sh
    if test -e "$HOME/crontab.refuses"; then echo "you may not use this" >&2; exit 1; fi
    case "$1" in
    -l) test -e "$HOME/crontab" || { echo "no crontab for tess" >&2; exit 1; }
        sed 's/\\r/\\\\r/g' "$HOME/crontab" ;;
    -e) $VISUAL "$HOME/crontab" ;;
    -r) rm "$HOME/crontab" ;;
    -) cat > "$HOME/new"
       test -z "$(tail -c 1 "$HOME/new")" || { echo "missing newline before EOF" >&2; exit 1; }
       mv "$HOME/new" "$HOME/crontab" ;;
    *) exit 2 ;;
    esac

    """
  /// Enabling links the timer, and starts once what it would start.
  private static let systemctlProgram = """
    #!/bin/sh
    echo "$*" >> "$HOME/systemctl.log"
    units="$HOME/.config/systemd/user"
    case "$2" in
    enable)
      if test -e "$HOME/systemctl.refuses"; then
        echo "Failed to connect to bus: No medium found" >&2; exit 1
      fi
      mkdir -p "$units/timers.target.wants"
      ln -s "$units/$4" "$units/timers.target.wants/$4"
      start=$(sed -n 's/^ExecStart=//p' "$units/${4%.timer}.service" | sed 's/%%/%/g')
      eval "SYMPHONY_STATE_DIR= $(printf %s "$start" | sed 's/\\$\\$/\\\\$/g')" ;;
    disable) rm -f "$units/timers.target.wants/$4" ;;
    esac
    exit 0

    """

  var environment: [String: String] {
    let path = Host.environment["PATH"] ?? "/usr/bin:/bin"
    return [
      "HOME": project.home, "SYMPHONY_STATE_DIR": project.state,
      "PATH": "\(project.folder.file("bin")):.:/nowhere/at/all:\(path)",
    ]
  }

  func run(_ arguments: String...) async throws -> Transcript {
    Transcript(
      try await SymphonyBinary.run(arguments, directory: self.path, environment: environment))
  }

  /// Started, with what it says in a file.
  func start(_ arguments: String...) throws -> (pid: Int32, log: String) {
    var request = SpawnRequest(
      arguments: [try SymphonyBinary.path] + arguments, environment: environment,
      directory: self.path)
    request.output = project.folder.file("log")
    return (try Spawn.start(request), project.folder.file("log"))
  }

  /// What nobody else may write while this is held.
  func crontabLock() throws -> FileLock? {
    let folder = Files.join(project.home, ".local/state/symphony")
    try Files.makeDirectories(folder)
    return try FileLock.take(Files.join(folder, "crontab.lock"))
  }

  func nothingIsWritten() throws -> Bool {
    let units = Files.exists(units) ? try Files.list(units).filter { $0.contains("tick-") } : []
    let text = (try? Files.readText(crontab)) ?? ""
    return units.isEmpty && !text.contains("BEGIN symphony")
  }
}
