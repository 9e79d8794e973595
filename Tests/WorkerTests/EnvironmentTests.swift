// What the agent finds in its environment: `agent.env`, secrets, git's credentials and our own
// variables.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct EnvironmentTests {
  /// The agent's environment where the worker's is `values`, and HOME and PATH.
  private func agents(
    _ values: [String: String], own: [String] = [], _ change: (inout AgentPolicy) -> Void
  ) throws -> [String: String] {
    let yard = try WorkerYard()
    yard.environment.merge(values) { $1 }
    return try made(yard, own, change).forAgent
  }

  private func made(
    _ yard: WorkerYard, _ own: [String] = [], _ change: (inout AgentPolicy) -> Void
  ) throws -> AgentEnvironment {
    let git = GitCommand(try yard.live { change(&$0.agent) })
    let checkout = try Workspace(git: git).prepare()
    return try AgentEnvironment(
      run: git.run, checkout: checkout, identity: ["GIT_AUTHOR_NAME": "symphony"], own: own)
  }

  @Test func nothingWaitsForAPerson() throws {
    let seen = try agents([:]) { _ in }
    #expect(seen["GIT_EDITOR"] == "true" && seen["GIT_SEQUENCE_EDITOR"] == "true")
    #expect(seen["GIT_TERMINAL_PROMPT"] == "0" && seen["SSH_ASKPASS_REQUIRE"] == "never")
    // Only where nothing else is set.
    let own = try agents(["GIT_EDITOR": "mine", "PAGER": "less"]) {
      $0.environment.set = ["EDITOR": "theirs"]
      $0.environment.remove = ["PAGER", "VISUAL"]
    }
    #expect(own["GIT_EDITOR"] == "mine" && own["EDITOR"] == "theirs")
    #expect(own["PAGER"] == nil && own["VISUAL"] == nil)
  }

  @Test func sshAsksNothingUnlessGitNamesItsCommand() throws {
    let yard = try WorkerYard()
    let result = try yard.perform("echo \"$GIT_SSH_COMMAND\" > $YARD/seen")
    #expect(result.outcome == .succeeded)
    #expect(yard.text("seen") == "ssh -o BatchMode=yes\n")
    yard.environment["GIT_SSH"] = "/own/ssh"
    _ = try yard.perform("echo \"$GIT_SSH_COMMAND\" > $YARD/seen")
    #expect(yard.text("seen") == "\n")
  }

  @Test func everythingButSecretsIsInherited() throws {
    let seen = try agents(
      ["PLAIN": "1", "TRACKER_KEY": "s", "LOGIN_KEY": "l", "OTHER_KEY": "o"], own: ["LOGIN_*"]
    ) { $0.secretVariables = ["TRACKER_KEY", "LOGIN_KEY", "OTHER_KEY"] }
    #expect(seen["PLAIN"] == "1")
    #expect(seen["TRACKER_KEY"] == nil)
    #expect(seen["OTHER_KEY"] == nil)
    #expect(seen["LOGIN_KEY"] == "l")
    #expect(seen["HOME"] != nil)
    #expect(seen["GIT_AUTHOR_NAME"] == "symphony")
    #expect(seen["PWD"]?.hasSuffix("/state/workspaces/w42") == true)
    #expect(seen["SYMPHONY_RUN"]?.hasPrefix("w42-") == true)
  }

  @Test func minimalKeepsTheLoginAndTheWayOut() throws {
    let values = [
      "PLAIN": "1", "LC_ALL": "C", "https_proxy": "p", "SSL_CERT_FILE": "/c", "OWN_KEY": "k",
      "OWNER": "x", "YARD": "y",
    ]
    let seen = try agents(values, own: ["OWN_*"]) { $0.environment.inherit = .minimal }
    for name in ["HOME", "PATH", "LC_ALL", "https_proxy", "SSL_CERT_FILE", "OWN_KEY"] {
      #expect(seen[name] != nil, "\(name)")
    }
    for name in ["PLAIN", "OWNER", "YARD"] { #expect(seen[name] == nil, "\(name)") }
  }

  @Test func variablesAreRemovedByNameOrBeginning() throws {
    let seen = try agents(["AB": "1", "ABC": "2", "XA": "3", "X": "4", "XB": "5"]) {
      $0.environment.remove = ["AB", "XA*", "X"]
    }
    #expect(seen["AB"] == nil)
    #expect(seen["ABC"] == "2")
    #expect(seen["XA"] == nil)
    #expect(seen["X"] == nil)
    #expect(seen["XB"] == "5")
  }

  @Test func whatIsSetWinsOverEverything() throws {
    let seen = try agents(["KEY": "worker's", "SECRET": "s", "SYMPHONY_STATE_DIR": "/s"]) {
      $0.secretVariables = ["SECRET"]
      $0.environment.remove = ["KEY"]
      $0.environment.set = [
        "KEY": "own", "PASSED": "<$SECRET>", "DEFAULT": "${UNSET:-d}", "MONEY": "5$ and $",
        "SYMPHONY_STATE_DIR": "/mine", "GITHUB_TOKEN": "chosen",
      ]
    }
    #expect(seen["KEY"] == "own")
    #expect(seen["PASSED"] == "<s>")
    #expect(seen["DEFAULT"] == "d")
    #expect(seen["MONEY"] == "5$ and $")
    #expect(seen["SYMPHONY_STATE_DIR"] == "/mine")
    #expect(seen["GITHUB_TOKEN"] == "chosen")
    #expect(seen["SECRET"] == nil)
  }

  @Test func aVariableThatIsNotSetEndsTheRunWithAWordAboutIt() throws {
    let yard = try WorkerYard()
    let result = try yard.perform("touch $YARD/ran") {
      $0.agent.environment.set = ["A": "$NOT_THERE"]
    }
    #expect(result.code == "agent_misconfigured")
    #expect(result.failure == .misconfigured)
    #expect(result.summary.contains("agent.env.set.A names $NOT_THERE"))
    #expect(!Files.exists(yard.path("ran")))
  }

  @Test func gitsCredentialsAndOurOwnVariablesStayBehind() throws {
    let values = [
      "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.extraHeader",
      "GIT_CONFIG_VALUE_0": "X-A: s",
      "GIT_CONFIG_PARAMETERS": "'a.b=c'", "GIT_DIR": "/elsewhere", "OLDPWD": "/before",
      "SYMPHONY_GIT_TOKEN": "ghp_1", "SYMPHONY_RUN": "another", "SYMPHONY_DOTENV": "/p/.env",
      "SYMPHONY_STATE_DIR": "/s", "SYMPHONY_FAULTS": "x", "GITHUB_TOKEN": "s", "GH_TOKEN": "s",
    ]
    let seen = try agents(values, own: ["GITHUB_TOKEN", "GIT_*"]) { _ in }
    for name in values.keys where name != "SYMPHONY_RUN" { #expect(seen[name] == nil, "\(name)") }
    #expect(seen["SYMPHONY_RUN"]?.hasPrefix("w42-") == true)
  }

  @Test func theTokenIsPassedOnWhereTheWorkflowSaysSo() throws {
    let values = ["SYMPHONY_GIT_TOKEN": "t", "GITHUB_TOKEN": "old"]
    let seen = try agents(values) {
      $0.passGitHubToken = true
      $0.environment.inherit = .minimal
    }
    #expect(seen["GITHUB_TOKEN"] == "t")
    #expect(seen["GH_TOKEN"] == "t")
  }

  /// git asked in the agent's environment who it is for an address.
  private func credential(_ seen: [String: String], _ url: String) throws -> String {
    var environment = seen
    environment["PATH"] = Host.environment["PATH"]
    environment["HOME"] = "/nowhere"
    environment["GIT_CONFIG_NOSYSTEM"] = "1"
    let answer = try CapturedCommand.run(
      ["sh", "-c", "echo url=\(url) | git credential fill"], environment: environment,
      directory: "/", timeoutMilliseconds: 30_000)
    return answer.output
  }

  @Test func itsGitHasTheTokenForTheTrackersHostOnly() throws {
    let yard = try WorkerYard()
    yard.environment["SYMPHONY_GIT_TOKEN"] = "s3cret"
    let git = GitCommand(
      try yard.live {
        $0.agent.passGitHubToken = true
        $0.git.credentialScope = "https://git.example.com/"
      })
    let checkout = try Workspace(git: git).prepare()
    let made = try AgentEnvironment(run: git.run, checkout: checkout, identity: [:], own: [])
    let seen = made.forAgent
    // What may stand in an agent's arguments: all of git's settings, and never the token.
    #expect(made.openVariables == seen.keys.filter(GitCredentials.isConfiguration).sorted())
    #expect(made.openVariables.count == 7)
    let own = try credential(seen, "https://git.example.com/acme/app.git")
    #expect(own.contains("username=x-access-token\npassword=s3cret\n"), "\(own)")
    #expect(try !credential(seen, "https://github.com/acme/app.git").contains("s3cret"))
    #expect(seen["GH_HOST"] == "git.example.com" && seen["GH_ENTERPRISE_TOKEN"] == "s3cret")
    let configuration = seen.filter { $0.key.hasPrefix("GIT_CONFIG_") }
    #expect(!configuration.values.contains { $0.contains("s3cret") })
    var without = seen
    without["GITHUB_TOKEN"] = nil
    #expect(try !credential(without, "https://git.example.com/acme/app.git").contains("password"))
  }

  /// Behind the wall `origin` is a cache that takes nothing.
  @Test func itsOriginTakesPushesAtTheTracker() throws {
    let yard = try WorkerYard()
    let git = GitCommand(try yard.live())
    let checkout = try Workspace(git: git).prepare()
    var order = git.run.spec.git
    order.credentialScope = "https://git.example.com/"
    func pushAddress(_ cloneURL: String) throws -> String {
      order.cloneURL = cloneURL
      var environment = Host.environment
      GitSettings.add("url.file:///cache/.insteadOf", "https://", to: &environment)
      GitSettings.add("url.file:///cache.insteadOf", cloneURL, to: &environment)
      _ = GitCredentials.addForAgent(Secret("s3cret"), order, to: &environment)
      return try CapturedCommand.run(
        ["git", "remote", "get-url", "--push", "origin"], environment: environment,
        directory: checkout.path, timeoutMilliseconds: 30_000
      ).output.trimmingWhitespace()
    }
    let own = "https://git.example.com/acme/app.git"
    #expect(try pushAddress(own) == own)
    #expect(
      try pushAddress("https://elsewhere.example/a/b.git") != "https://elsewhere.example/a/b.git")
  }

  @Test func hooksKeepWhatTheAgentLoses() throws {
    let yard = try WorkerYard()
    yard.environment["KEPT"] = "k"
    yard.environment["SECRET"] = "s"
    let environment = try made(yard) {
      $0.environment.inherit = .minimal
      $0.environment.set = ["EXTRA": "e"]
      $0.secretVariables = ["SECRET"]
    }
    let hook = environment.forHook(2, isOutside: true)
    #expect(hook["KEPT"] == "k")
    #expect(hook["EXTRA"] == nil)
    #expect(hook["SECRET"] == nil)
    #expect(hook["SYMPHONY_TURN"] == "2")
  }
}
