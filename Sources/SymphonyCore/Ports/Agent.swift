// The port to a coding agent's command line: a turn in, a command out; lines in, events and one
// outcome out. One file per agent. An adapter never decides scheduling, never spawns, and never
// sees the GitHub token.

public protocol Agent: Sendable {
  /// The value of `agent.kind`.
  var kind: String { get }
  /// The command line of one turn.
  func command(for turn: AgentTurn) throws(AgentError) -> AgentCommand
  /// Reads the output of one turn.
  func reader(for turn: AgentTurn) -> any AgentReader
  /// What `doctor` and the tick look for: the executable, and the arguments that print its version.
  func probe(_ policy: AgentPolicy) -> AgentProbe
  /// What is worth saying about the settings, for `doctor`.
  func examine(_ policy: AgentPolicy) -> [Finding]
}

public struct AgentProbe: Hashable, Sendable {
  /// A name to find in PATH, or an absolute path; nil: nothing to look for.
  public var executable: String?
  public var versionArguments: [String]
  public var installHint: String
  public init(executable: String?, versionArguments: [String], installHint: String) {
    self.executable = executable
    self.versionArguments = versionArguments
    self.installHint = installHint
  }
}

public struct AgentTurn: Sendable {
  public var policy: AgentPolicy
  /// 1, 2, ... within the run.
  public var number: Int
  /// The session to resume; nil: begin a new one.
  public var resume: SessionRef?
  /// The id of the new session, for agents that let us choose.
  public var newSessionID: String
  /// Absolute.
  public var workspace: String
  /// Absolute: where the adapter's own files go (0600, deleted at run end).
  public var runDirectory: String
  /// Names under `## Skills` of the issue.
  public var skills: [String]
  /// Variables that `$VAR` in MCP settings may name.
  public var environment: [String: String]
  public init(
    policy: AgentPolicy, number: Int, resume: SessionRef?, newSessionID: String, workspace: String,
    runDirectory: String, skills: [String], environment: [String: String]
  ) {
    self.policy = policy
    self.number = number
    self.resume = resume
    self.newSessionID = newSessionID
    self.workspace = workspace
    self.runDirectory = runDirectory
    self.skills = skills
    self.environment = environment
  }
}

public struct AgentCommand: Hashable, Sendable {
  public var arguments: [String]
  /// Set on top of the agent's environment.
  public var environment: [String: String]
  /// Files to write before the start (mode 0600), by absolute path; deleted at run end.
  public var privateFiles: [String: String]
  public init(
    arguments: [String], environment: [String: String] = [:], privateFiles: [String: String] = [:]
  ) {
    self.arguments = arguments
    self.environment = environment
    self.privateFiles = privateFiles
  }
}

public enum AgentEvent: Hashable, Sendable {
  /// The session's id became known.
  case session(String)
  /// Something happened; a short line for people.
  case activity(String)
  case usage(Usage)
  /// The account is at its limit until a time.
  case limited(until: Timestamp, String)
}

/// How the process ended.
public enum ExitStatus: Hashable, Codable, Sendable {
  case exited(Int32)
  case signalled(Int32)
  public var description: String {
    switch self {
    case .exited(let code): "exit status \(code)"
    case .signalled(let signal): "signal \(signal)"
    }
  }
}

public protocol AgentReader {
  /// One line of stdout, without its line end.
  mutating func read(_ line: String) -> [AgentEvent]
  /// After the process has gone and every line was read.
  func finish(_ exit: ExitStatus, errorTail: String) -> TurnOutcome
}

public struct TurnOutcome: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case succeeded
    /// Another try may help.
    case failed(code: String)
    /// Another try cannot help: a bad flag, an unreadable configuration.
    case misconfigured(code: String)
    /// The session to resume is not there: begin a fresh one, once.
    case sessionGone
    /// The session id to begin exists already: resume it.
    case sessionInUse
    /// The account's limit; the tick holds the agent until then.
    case limited(until: Timestamp)
  }
  public var kind: Kind
  /// The agent's own words: its final message, or its error.
  public var message: String
  public var session: SessionRef?
  /// This turn's share.
  public var usage: Usage
  public init(kind: Kind, message: String, session: SessionRef?, usage: Usage) {
    self.kind = kind
    self.message = message
    self.session = session
    self.usage = usage
  }
}

/// Renders a template; implemented by the workflow module's engine, used by the worker.
public protocol PromptRenderer: Sendable {
  /// - Parameter firstLine: the line of WORKFLOW.md on which `template` begins, for error
  ///   positions.
  func render(_ template: String, context: Structure, firstLine: Int) throws(TemplateError)
    -> String
}
