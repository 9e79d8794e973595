// The program's entry: subcommands, help, and how any error becomes a message and an exit code.
// Bare `symphony` prints help and starts nothing.
import ArgumentParser
import SymphonyCore
import SymphonyPlatform
import SymphonyTick

/// The one place the version is written.
let symphonyVersion = "0.1.0"
/// The day of that version: it stands at the foot of the manual's pages, which are the same on
/// every day they are made.
let symphonyVersionDate = "2026-11-29"

@main
struct Symphony: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "symphony",
    abstract: "Turns GitHub issues into pull requests, unattended.",
    discussion: """
      A timer calls `symphony tick`; each tick looks at the world once, decides, acts and ends. \
      Agents run as detached workers, each in its own git worktree, and outlive the tick that \
      started them. A project is a repository with a `WORKFLOW.md`, found in this directory or \
      above.

      Examples:
        symphony init --label symphony     set up a project
        symphony doctor                    check all it needs
        symphony tick --dry-run            see what a tick would do
        symphony install --systemd --user  have ticks called
        symphony status                    see who is needed, what runs and waits
        symphony why 42                    see why an issue does not run

      Exit codes:
        0   done (also: another tick runs)
        1   something failed and will be retried
        64  usage
        69  tracker unreachable, refused or limited
        70  a bug of ours
        74  state unusable (database, disk), or the answer could not be written
        75  locked: somebody else is at it (of ticks only with --fail-if-locked)
        78  WORKFLOW.md invalid
      """,
    version: symphonyVersion,
    subcommands: [
      TickCommand.self, StatusCommand.self, TopCommand.self, WhyCommand.self, LogsCommand.self,
      EventsCommand.self,
      CostCommand.self, StopCommand.self, RetryCommand.self, ReleaseCommand.self,
      PauseCommand.self, ResumeCommand.self, HoldCommand.self, InitCommand.self,
      InstallCommand.self, UninstallCommand.self, DoctorCommand.self, BackupCommand.self,
      RecoverCommand.self, GcCommand.self,
      ServeCommand.self, DemoCommand.self, WorkerCommand.self, NotifyCommand.self,
      ManualCommand.self,
    ])

  static func main() async {
    Platform.takeStandardDescriptors()
    Signals.ignorePipe()
    Signals.reportTraps()
    Host.hideProcess()
    let arguments = Array(Host.arguments.dropFirst())
    if arguments.isEmpty {
      Output.page(HelpPage.fitted(helpMessage(), width: Output.columns), isError: true)
      leave(.usage)
    }
    if let hint = Predecessors.hint(for: arguments) {
      Output.failure(
        "\"\(arguments.joined(separator: " "))\" is not a command of symphony", hint: hint,
        inWords: true)
      leave(.usage)
    }
    if let wrong = WrongUsage(help: arguments) {
      Output.failure(wrong.message, hint: wrong.hint)
      leave(.usage)
    }
    do {
      var command = try parseAsRoot(arguments)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      leave(.done)
    } catch let stop as Stop {
      if let message = stop.message { Output.failure(message, hint: stop.hint) }
      leave(stop.code)
    } catch {
      let code = exitCode(for: error)
      if code == .success {
        Output.page(HelpPage.fitted(message(for: error), width: Output.columns))
        leave(.done)
      }
      let wrong = WrongUsage(arguments: arguments, message: lowerFirst(message(for: error)))
      Output.failure(wrong.message, hint: wrong.hint)
      leave(.usage)
    }
  }

  /// An answer that nobody could be given counts, whatever else there was.
  static func leave(_ code: SymphonyTick.ExitCode) -> Never {
    guard let problem = Answer.problem else { Platform.exit(code.rawValue) }
    Output.failure(problem, hint: nil)
    Platform.exit(SymphonyTick.ExitCode.state.rawValue)
  }

  private static func lowerFirst(_ text: String) -> String {
    text.prefix(1).lowercased() + text.dropFirst()
  }
}

/// Ends a command with a code, and a message where there is something to say.
struct Stop: Error {
  var code: SymphonyTick.ExitCode
  var message: String?
  var hint: String?
  /// Why the state cannot be used, where that is the reason.
  private(set) var cause: StoreError?
  /// Somebody else writes to the state just now.
  var isLocked: Bool { if case .locked = cause { true } else { false } }
  init(_ code: SymphonyTick.ExitCode, _ message: String? = nil, hint: String? = nil) {
    self.code = code
    self.message = message
    self.hint = hint
  }

  /// Why a state cannot be used.
  init(_ error: StoreError) {
    self.init(.state, error.sentence, hint: error.hint)
    cause = error
  }
}
