// The program's entry: subcommands, help, and how any error becomes a message and an exit code.
// Bare `symphony` prints help and starts nothing.
import ArgumentParser
import SymphonyPlatform
import SymphonyTick

/// The one place the version is written.
let symphonyVersion = "0.1.0"

@main
struct Symphony: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "symphony",
    abstract: "Turns GitHub issues into pull requests, unattended.",
    discussion: """
      A timer calls `symphony tick`; each tick looks at the world once, decides, acts and ends. \
      Agents run as detached workers, each in its own git worktree, and outlive the tick that \
      started them.

      Exit codes:
        0   done (also: another tick runs)
        1   something failed and will be retried
        64  usage
        69  tracker unreachable, refused or limited
        70  a bug of ours
        74  state unusable (database, disk)
        75  locked (only with --fail-if-locked)
        78  WORKFLOW.md invalid
      """,
    version: symphonyVersion,
    subcommands: [
      TickCommand.self, StatusCommand.self, WhyCommand.self, LogsCommand.self, EventsCommand.self,
      CostCommand.self, StopCommand.self, RetryCommand.self, ReleaseCommand.self,
      PauseCommand.self, ResumeCommand.self, HoldCommand.self, InitCommand.self,
      InstallCommand.self, UninstallCommand.self, DoctorCommand.self, RecoverCommand.self,
      DemoCommand.self, WorkerCommand.self,
    ])

  static func main() async {
    Signals.ignorePipe()
    Signals.reportTraps()
    Host.hideProcess()
    let arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.isEmpty {
      Output.page(helpMessage(), isError: true)
      leave(.usage)
    }
    if let hint = Predecessors.hint(for: arguments) {
      Output.failure(
        "\"\(arguments.joined(separator: " "))\" is not a command of symphony", hint: hint,
        inWords: true)
      leave(.usage)
    }
    do {
      var command = try parseAsRoot(arguments)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let stop as Stop {
      if let message = stop.message { Output.failure(message, hint: stop.hint) }
      leave(stop.code)
    } catch {
      let code = exitCode(for: error)
      if code == .success {
        Output.page(message(for: error))
        leave(.done)
      }
      let wrong = WrongUsage(arguments: arguments, message: lowerFirst(message(for: error)))
      Output.failure(wrong.message, hint: wrong.hint)
      leave(.usage)
    }
  }

  static func leave(_ code: SymphonyTick.ExitCode) -> Never { Platform.exit(code.rawValue) }

  private static func lowerFirst(_ text: String) -> String {
    text.prefix(1).lowercased() + text.dropFirst()
  }
}

/// Ends a command with a code, and a message where there is something to say.
struct Stop: Error {
  var code: SymphonyTick.ExitCode
  var message: String?
  var hint: String?
  init(_ code: SymphonyTick.ExitCode, _ message: String? = nil, hint: String? = nil) {
    self.code = code
    self.message = message
    self.hint = hint
  }
}
