// Options that commands share: which workflow, which state directory, how loud.
import ArgumentParser
import Logging
import SymphonyCore
import SymphonyPlatform
import SymphonyTick

/// Options of the log; the only shared ones of commands that take no workflow.
struct LogOptions: ParsableArguments {
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
    return Logbook(level: level)
  }
}

/// Options of every command about a project.
struct GlobalOptions: ParsableArguments {
  @Option(
    name: [.short, .customLong("workflow")],
    help: "The workflow file (default: WORKFLOW.md here, or above, up to the repository's root).")
  var workflow: String?
  @Option(
    name: .long,
    help: "Where the state lives (default: $SYMPHONY_STATE_DIR, else under XDG_STATE_HOME).")
  var stateDir: String?
  @OptionGroup var log: LogOptions

  var logbook: Logbook { log.logbook }
  var verbose: Bool { log.verbose }

  /// Which workflow and state are meant.
  ///
  /// A workflow that was found in a directory above is named on stderr.
  /// - Throws: `Stop` with 64 for two workflows, a state without a place, or a WORKFLOW.md above
  ///   that somebody else may have put there.
  func place(positional: String? = nil) throws -> Place {
    if let positional, let workflow, positional != workflow {
      throw Stop(.usage, "two workflow files: \(workflow) and \(positional)", hint: "name one")
    }
    let search = try WorkflowSearch(named: workflow ?? positional)
    if search.isAbove { Output.remark("WORKFLOW.md found above: \(search.path)") }
    var place = Place(workflowPath: search.path, stateDirectory: "")
    place.namesWorkflow = search.isNamed
    place.searched = search.searched
    if let named = stateDir ?? Host.environment["SYMPHONY_STATE_DIR"], !named.isEmpty {
      place.stateDirectory = Files.absolute(named)
      place.namesState = true
      place.stateOption = stateDir
      return place
    }
    let root = try stateRoot(Host.environment)
    let directory = Self.stateDirectory(of: search.path, below: root)
    let older = Self.stateDirectory(of: search.given, below: root)
    // A state that was begun under the name of a link goes on.
    place.stateDirectory =
      !Files.exists(directory) && Files.exists(older) ? older : directory
    return place
  }

  /// The spec of XDG base directories ignores a relative XDG_STATE_HOME.
  private func stateRoot(_ environment: [String: String]) throws -> String {
    if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return state }
    let set = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 }
    if let home = set ?? Host.accountHome, home.hasPrefix("/") {
      return Files.join(home, ".local/state")
    }
    let why = set == nil ? "HOME is not set" : "HOME is not absolute: \(set ?? "")"
    throw Stop(.usage, "no place for the state: \(why)", hint: "set HOME, or pass --state-dir")
  }

  private static func stateDirectory(of workflow: String, below root: String) -> String {
    Files.join(root, "symphony/\(Place.name(of: workflow))")
  }
}

/// Which workflow and which state a command is about; both absolute.
struct Place: Sendable {
  var workflowPath: String
  var stateDirectory: String
  /// A person named it: then it is made only in a directory that is there.
  var namesState = false
  /// The value of --state-dir; nil: it was not given.
  var stateOption: String?
  /// A person named the workflow.
  var namesWorkflow = true
  /// The directories in which a workflow was looked for, in words; nil: one was named or found.
  var searched: String?
  var projectDirectory: String { Files.parent(of: workflowPath) }
  /// The name for things that belong to a workflow, such as its state.
  ///
  /// It is the name of its directory and a hash, so that no two workflows share one.
  static func name(of workflow: String) -> String {
    let folder = Files.lastName(of: Files.parent(of: workflow))
    let name = WorkspaceKey(item: ItemKey(folder), id: ItemID("")).text
    return "\(name)-\(StableHash.hex(workflow, 8))"
  }

  var hasState: Bool { Files.exists(StateLayout(stateDirectory).database) }

  init(workflowPath: String, stateDirectory: String) {
    self.workflowPath = workflowPath
    self.stateDirectory = stateDirectory
  }

  /// For commands that are about something that is there already, or begin it.
  /// - Throws: `Stop` with 78 where there is neither a workflow nor a state.
  func requireProject() throws {
    if hasState || Files.exists(workflowPath) { return }
    throw Stop(
      .workflow, searched.map { "no WORKFLOW.md \($0)" } ?? "\(workflowPath): no such file",
      hint: "go to the project's directory, name the file with --workflow, or `symphony init`")
  }
}

/// Commands that change state refuse to run inside an agent: it must not steer its own scheduler.
func refuseInsideRun() throws {
  guard let run = Host.environment[RunID.variable] else { return }
  throw Stop(
    .usage, "this is inside run \(run): an agent may not change symphony's state",
    hint: "run the command outside the agent")
}
