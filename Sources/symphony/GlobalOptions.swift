// Options every command has: which workflow, which state directory, how loud.
import ArgumentParser
import Logging
import SymphonyCore
import SymphonyPlatform
import SymphonyTick

struct GlobalOptions: ParsableArguments {
  @Option(
    name: [.short, .customLong("workflow")], help: "The workflow file (default: ./WORKFLOW.md).")
  var workflow: String?
  @Option(
    name: .long,
    help: "Where the state lives (default: $SYMPHONY_STATE_DIR, else under XDG_STATE_HOME).")
  var stateDir: String?
  @Option(name: .long, help: "debug, info, warn or error.")
  var logLevel: Level = .info
  @Option(name: .long, help: "text or json.")
  var logFormat: Format = .text
  @Flag(name: .shortAndLong, help: "The same as --log-level debug.")
  var verbose = false

  enum Level: String, ExpressibleByArgument, CaseIterable { case debug, info, warn, error }
  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

  var logbook: Logbook {
    let level: Logger.Level =
      switch logLevel {
      case .debug: .debug
      case .info: verbose ? .debug : .info
      case .warn: .warning
      case .error: .error
      }
    return Logbook(level: level, json: logFormat == .json)
  }

  func place(positional: String? = nil) throws -> Place {
    if let positional, let workflow, positional != workflow {
      throw Stop(.usage, "two workflow files: \(workflow) and \(positional)", hint: "name one")
    }
    let given = Files.absolute(workflow ?? positional ?? "WORKFLOW.md")
    // The directory's real name, however it was reached: the state remembers it.
    let directory = Files.parent(of: given)
    let path = Files.join(Files.resolved(directory) ?? directory, Files.lastName(of: given))
    if let named = stateDir ?? Host.environment["SYMPHONY_STATE_DIR"], !named.isEmpty {
      return Place(workflowPath: path, stateDirectory: Files.absolute(named), namesState: true)
    }
    return Place(
      workflowPath: path,
      stateDirectory: try stateDirectory(for: path, environment: Host.environment))
  }

  private func stateDirectory(for path: String, environment: [String: String]) throws -> String {
    // The spec of XDG base directories ignores a relative XDG_STATE_HOME.
    let root: String
    if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
      root = state
    } else if let home = environment["HOME"], home.hasPrefix("/") {
      root = Files.join(home, ".local/state")
    } else {
      throw Stop(
        .usage, "no place for the state: HOME is not set", hint: "set HOME, or pass --state-dir")
    }
    let folder = Files.lastName(of: Files.parent(of: path))
    let name = WorkspaceKey(item: ItemKey(folder), id: ItemID("")).text
    return Files.join(root, "symphony/\(name)-\(StableHash.hex(path, 8))")
  }
}

/// Which workflow and which state a command is about; both absolute.
struct Place: Sendable {
  var workflowPath: String
  var stateDirectory: String
  /// A person named it: then it is made only in a directory that is there.
  var namesState = false
  var projectDirectory: String { Files.parent(of: workflowPath) }
}

/// Commands that change state refuse to run inside an agent: it must not steer its own scheduler.
func refuseInsideRun() throws {
  guard let run = Host.environment["SYMPHONY_RUN"] else { return }
  throw Stop(
    .usage, "this is inside run \(run): an agent may not change symphony's state",
    hint: "run the command outside the agent")
}
