// The port to a coding agent's command line: a turn in, a command out; lines in, events and one
// outcome out. One folder per agent. An adapter never decides scheduling, never spawns, and uses
// the worker's environment only for the `$VAR` that the workflow names.

package protocol Agent: Sendable {
  /// The value of `agent.kind`.
  var kind: String { get }
  /// The command line of one turn.
  func command(for turn: AgentTurn) throws(AgentError) -> AgentCommand
  /// Reads the output of one turn.
  func reader(for turn: AgentTurn) -> any AgentReader
  /// Reads the output of any number of turns for a person.
  func transcript() -> any TranscriptReader
  /// The program that `doctor` and the tick look for, and the arguments that print its version.
  func probe(_ policy: AgentPolicy) -> AgentProbe
  /// Findings about the settings, for `doctor`.
  func examine(_ policy: AgentPolicy) -> [Finding]
}

/// The facts about an agent's program that symphony needs before a turn.
package struct AgentProbe: Hashable, Sendable {
  /// A name to find in PATH, or an absolute path; nil: nothing to look for.
  package var executable: String?
  package var versionArguments: [String]
  /// The command to start, where `executable` is a shell: the shell has to find it.
  package var shellWord: String?
  /// A program or script of the repository that the command begins with, relative to the workspace:
  /// it is there once a run has its checkout.
  package var workspaceProgram: String?
  package var installHint: String
  /// The arguments that tell whether somebody is logged in: exit status 0 says yes.
  ///
  /// Empty: none do.
  package var loginArguments: [String] = []
  /// Variables of the agent's own, its login among them: names, or beginnings that end in `*`.
  ///
  /// An environment that inherits little keeps them, and none of them counts as a secret of
  /// symphony's.
  package var ownVariables: [String] = []
  /// Its configuration and sessions, below HOME or absolute: what a sandbox leaves it.
  package var homePaths: [String] = []
  /// Those of them that are directories it would make itself: in a sandbox they have to be there
  /// before, or what it writes is gone with the sandbox.
  package var homeDirectories: [String] = []
  /// The file in the workspace that it reads beside the repository's own instructions; nil: it is
  /// told another way, and the notes lie in the run directory.
  package var notesFile: String?
  /// False: it never tells dollars, so that no limit on them can be kept.
  package var reportsDollars = true
  /// False: whether it tells dollars is for whoever wrote it, or pays its provider, to know.
  package var dollarsAreSure = true
  /// Dollars on one turn that the workflow has the agent itself keep to; nil: no such limit.
  package var ownCostLimitUSD: Double?
  /// The sentence that tells this agent what to do with the names of skills before it begins.
  package var skillsHint: String?
  /// A name behind a dollar is the skill itself to it, and put into the prompt.
  package var mentionsSkills = false
  /// Lines below `agent:` for a new workflow, comments included, indented by two spaces: what this
  /// agent may do without asking.
  package var newProjectLines: [String] = []
  /// The repository's own file that it would not read any more where `notesFile` is.
  package var notesReplace: String?
  package init(executable: String?, versionArguments: [String], installHint: String) {
    self.executable = executable
    self.versionArguments = versionArguments
    self.installHint = installHint
  }
}

package struct AgentTurn: Sendable {
  package var policy: AgentPolicy
  /// Counted from 1 within the run.
  package var number: Int
  /// The session to resume; nil: begin a new one.
  package var resume: SessionRef?
  /// The id of the new session, for agents that let us choose.
  package var newSessionID: String
  /// Absolute.
  package var workspace: String
  /// Absolute: where the adapter's own files go (0600, deleted at run end).
  package var runDirectory: String
  /// Names under `## Skills` of the issue.
  package var skills: [String]
  /// Variables that `$VAR` in MCP settings may name: the worker's.
  package var environment: [String: String]
  /// The environment of the agent, without the variables that the adapter adds.
  package var agentEnvironment: [String: String]
  /// Names of variables in it that hold no secret and that the agent's commands need whole: where
  /// an adapter's program filters what it hands on, they may stand in its arguments.
  package var openVariables: [String] = []
  /// Absolute: the prompt, which is also on stdin.
  package var promptFile = ""
  /// The text of that file: a line of it that the agent repeats is not the agent's own word.
  package var prompt = ""
  /// Absolute: what the agent should know about where it works; nil: there are no notes.
  package var notesFile: String?
  /// Absolute: the working tree's own git directory, and the one it shares with others.
  ///
  /// A commit writes to both.
  package var gitDirectories: [String] = []
  /// Dollars this turn may spend; nil: no limit.
  package var costLeftUSD: Double?
  package init(
    policy: AgentPolicy, number: Int, resume: SessionRef?, newSessionID: String, workspace: String,
    runDirectory: String, skills: [String], environment: [String: String],
    agentEnvironment: [String: String]? = nil
  ) {
    self.policy = policy
    self.number = number
    self.resume = resume
    self.newSessionID = newSessionID
    self.workspace = workspace
    self.runDirectory = runDirectory
    self.skills = skills
    self.environment = environment
    self.agentEnvironment = agentEnvironment ?? environment
  }
}

package struct AgentCommand: Hashable, Sendable {
  package var arguments: [String]
  /// Set on top of the agent's environment.
  package var environment: [String: String]
  /// Files to write before the start (mode 0600), by absolute path; deleted at run end.
  package var privateFiles: [String: String]
  /// The signal that ends a turn politely; KILL follows after a grace.
  package var stopSignal = StopSignal.terminate
  package init(
    arguments: [String], environment: [String: String] = [:], privateFiles: [String: String] = [:]
  ) {
    self.arguments = arguments
    self.environment = environment
    self.privateFiles = privateFiles
  }
}

package enum StopSignal: String, Hashable, Sendable {
  case terminate
  /// For agents that still report what they spent.
  case interrupt
}

package enum AgentEvent: Hashable, Sendable {
  /// The session's id became known.
  case session(String)
  /// Something happened; a short line for people.
  case activity(String)
  /// This turn's share so far, and the session's cumulative figures that stand behind it: both are
  /// written down together, so that a worker that dies counts nothing twice.
  case usage(ModelUsage, counted: ModelUsage?)
  /// A failure that will end the turn, told before its end; with a short line for people.
  case failing(Failure, String)
  /// The line that ends the turn was read: what it says counts, and a process that stays is ended
  /// after a short grace.
  case concluded
  /// After such a line the agent went on to work.
  case wentOn
  /// The turn can only go wrong from here: it is ended, and `finish` says what it was.
  case abandon(String)
}

/// How the process ended.
package enum ExitStatus: Hashable, Codable, Sendable {
  case exited(Int32)
  case signalled(Int32)
  package var description: String {
    switch self {
    case .exited(let code): "exit status \(code)"
    case .signalled(let signal): "signal \(signal)"
    }
  }
}

package protocol AgentReader {
  /// One line of stdout, without its line end.
  mutating func read(_ line: String) -> [AgentEvent]
  /// After the process has gone and every line was read.
  func finish(_ exit: ExitStatus, errorTail: String) -> TurnOutcome
}

package struct TurnOutcome: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case succeeded
    /// The agent's own limit on steps ended the turn: there is more to do, and nothing went wrong.
    case cutShort(code: String)
    case failed(code: String, Failure)
    /// The session to resume is not there: begin a fresh one, once.
    case sessionGone
    /// The session id to begin exists already: resume it.
    case sessionInUse
    /// The agent itself says that it cannot go on without a person.
    case blocked
  }
  package var kind: Kind
  /// The agent's own words: its final message, or its error.
  package var message: String
  package var session: SessionRef?
  /// This turn's share.
  package var spent: ModelUsage
  /// Calls that the agent was denied, one line each.
  package var denied: [String] = []
  /// The agent's own words say that the turn ended well, and its process ended otherwise.
  package var trouble: Trouble?
  /// Other troubles of the turn that a person should know of, one sentence each.
  package var remarks: [String] = []
  package var usage: Usage { spent.total }
  package init(kind: Kind, message: String, session: SessionRef?, spent: ModelUsage = [:]) {
    self.kind = kind
    self.message = message
    self.session = session
    self.spent = spent
  }

  /// Work that is there makes it a remark on a success; a turn that left none was a failure.
  package struct Trouble: Hashable, Sendable {
    /// The kind of ending that the turn has if it left no work.
    package var kind: Kind
    /// One sentence.
    package var words: String
    package init(_ kind: Kind, _ words: String) {
      self.kind = kind
      self.words = words
    }
  }
}

extension TurnOutcome.Kind {
  /// A limit has one code, whichever agent tells of it.
  package static let limitedCode = "agent_limited"
  package static func limited(until: Timestamp?) -> Self {
    .failed(code: limitedCode, .limited(until: until))
  }
  /// The failure of the turn; nil: it did not end by one.
  package var failure: Failure? {
    if case .failed(_, let failure) = self { failure } else { nil }
  }
}

/// Renders a template; implemented by the workflow module's engine, used by the worker.
package protocol PromptRenderer: Sendable {
  /// `firstLine`: the line of WORKFLOW.md on which `template` begins, for error positions.
  func render(_ template: String, context: Structure, firstLine: Int) throws(TemplateError)
    -> String
}
