// From the flags of `symphony init`, what git says of `origin`, and a person's answers to one
// NewProject. Every hint here is about one way in which a checkout can be unfit. Writes nothing.
import SymphonyAgents
import SymphonyCore
import SymphonyPlatform
import SymphonyTick
import SymphonyTrackers

struct InitAnswers {
  /// Of the new WORKFLOW.md.
  let directory: String
  let isAsking: Bool
  let flags: InitCommand

  private static let standardLabel = "symphony"

  func project() throws -> NewProject {
    var project = NewProject(source: try source(), agent: try agent())
    project.command = try command(of: project.agent)
    project.isRepositoryNamed = flags.repository != nil
    project.apiURL = flags.apiURL
    return project
  }

  private func source() throws -> NewProject.Source {
    if flags.local { return .local(label: try checked(flags.label ?? Self.standardLabel)) }
    if let board = flags.board {
      guard let found = Self.board(board) else {
        throw Stop(
          .usage, "--board is no board: \(board)",
          hint: "write OWNER/NUMBER, as in https://github.com/orgs/OWNER/projects/NUMBER")
      }
      return found
    }
    // Before the first question: without a repository the answers would be for nothing.
    let home = try repository()
    if let label = flags.label { return .label(try checked(label), home) }
    guard isAsking else {
      if flags.yes { return .label(Self.standardLabel, home) }
      throw Stop(
        .usage, "which issues are to be worked on?",
        hint: "pass --label NAME, --board OWNER/NUMBER or --local; or --yes for the label "
          + Self.standardLabel)
    }
    return try InitQuestions.ask(
      "Work on the issues of \(home) with which label (or a board, as OWNER/NUMBER)?",
      standard: Self.standardLabel
    ) { answer in
      if let board = Self.board(answer) { return board }
      return Self.labelProblem(answer) == nil ? .label(answer, home) : nil
    }
  }

  /// Reads `OWNER/NUMBER`, and the address of a board, which says whose it is.
  static func board(_ text: String) -> NewProject.Source? {
    var parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    var isUser = false
    if parts.count >= 7, parts[0] == "https:", ["orgs", "users"].contains(parts[3]),
      parts[5] == "projects"
    {
      isUser = parts[3] == "users"
      parts = [parts[4], parts[6]]
    }
    guard parts.count == 2, let number = Int(parts[1]), number > 0,
      let owner = RepositoryName("\(parts[0])/any")?.owner
    else { return nil }
    return .board(owner: owner, number: number, isUser: isUser)
  }

  /// The reason why GitHub would refuse a label's name, or a workflow misread it; nil: it is good.
  static func labelProblem(_ label: String) -> String? {
    if label.trimmingWhitespace().isEmpty { return "a label has a name" }
    if label.count > 50 { return "a label has at most 50 characters" }
    if label != label.trimmingWhitespace() || PlainText.line(label) != label {
      return "a label holds no control characters and no space at its ends"
    }
    if label.hasPrefix("$") { return "a value that begins with $ names a variable" }
    return nil
  }

  private func checked(_ label: String) throws -> String {
    if let problem = Self.labelProblem(label) {
      throw Stop(.usage, "--label cannot be used: \(problem)", hint: "name another label")
    }
    return label
  }

  private func repository() throws -> RepositoryName {
    if let given = flags.repository {
      guard let name = RepositoryName(given) else {
        throw Stop(
          .usage, "--repository is no repository: \(given)",
          hint: RepositoryName.hint(for: given))
      }
      return name
    }
    let apiURL = flags.apiURL ?? TrackerPolicy().apiURL
    let name = "--repository OWNER/NAME if its issues are on GitHub all the same"
    switch OriginRemote.look(beside: directory, apiURL: apiURL) {
    case .repository(let found): return found
    case .unasked(let why):
      throw Stop(.usage, "git cannot be asked: \(why)", hint: GitVersion.hint)
    case .unnamed(_, let remedy?):
      throw Stop(.usage, "git does not trust \(directory)", hint: remedy)
    case .unnamed:
      throw Stop(
        .usage, "\(directory) has no remote `origin`",
        hint: "git remote add origin https://github.com/OWNER/NAME.git; or pass --repository "
          + "OWNER/NAME; or --local for issues in files")
    case .elsewhere(let host?):
      throw Stop(
        .usage, "`origin` is on \(host), which is not the server of \(apiURL)",
        hint: "if it is GitHub Enterprise: --api-url https://\(host)/api/v3; \(name); or --local")
    case .elsewhere(nil):
      throw Stop(
        .usage, "`origin` is a directory of this machine, not a repository on GitHub",
        hint: "\(name); or --local for issues in files")
    }
  }

  private func agent() throws -> String {
    if let given = flags.agent {
      do throws(AgentError) { return try AgentRegistry.find(kind: given).kind } catch {
        throw Stop(.usage, "--agent: \(error.sentence)", hint: error.hint)
      }
    }
    if flags.command != nil { return AgentKind.script }
    let found = AgentRegistry.all.map(\.kind).filter { !AgentKind.isScript($0) && isInstalled($0) }
    let standard = found.first ?? AgentKind.standard
    guard isAsking else {
      if found.isEmpty {
        Output.hint(
          "no agent was found in PATH; \(standard) is written, install it")
      }
      return standard
    }
    let kinds = AgentRegistry.all.map(\.kind)
    return try InitQuestions.ask(
      "Which agent: \(kinds.joined(separator: ", "))?", standard: standard
    ) { kinds.contains($0) ? $0 : nil }
  }

  private func isInstalled(_ kind: String) -> Bool {
    guard let agent = AgentRegistry.agent(kind: kind),
      let name = agent.probe(Self.policy(kind)).executable
    else { return false }
    return Spawn.find(name, environment: Host.environment) != nil
  }

  private static func policy(_ kind: String) -> AgentPolicy {
    var policy = AgentPolicy()
    policy.kind = kind
    return policy
  }

  private func command(of agent: String) throws -> String? {
    guard AgentKind.isScript(agent) else { return nil }
    if let given = flags.command { return given }
    guard isAsking else {
      throw Stop(
        .usage, "--agent command needs to know what to run",
        hint: "pass --command './agent.sh'; the prompt comes on its stdin")
    }
    return try InitQuestions.ask("Which command (the prompt comes on its stdin)?", standard: "") {
      $0.isEmpty ? nil : $0
    }
  }
}
