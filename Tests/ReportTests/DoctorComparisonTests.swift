// What is told of two doctors: what differs, in what words, and nothing of what is the same.
import SymphonyCore
import Testing

@testable import SymphonyReport

@Suite struct DoctorComparisonTests {
  private static let shell: Surroundings = {
    var found = Surroundings(
      runsAs: "ann", program: "/usr/bin/symphony 1", directory: "/srv/app")
    found.path = "/opt/agents:/usr/bin:/bin"
    (found.home, found.user, found.language) = ("/srv/ann", "ann", "en_GB.UTF-8")
    found.gitIdentity = "Ann <ann@example.org>"
    var agent = Surroundings.Agent(account: "claude_code")
    (agent.program, agent.version, agent.isLoggedIn) = ("/opt/agents/claude", "2.1.0", true)
    found.agents = [agent]
    found.variables = ["HTTPS_PROXY", "SSH_AUTH_SOCK"]
    return found
  }()

  private func report(
    _ findings: [Finding] = [], _ change: (inout Surroundings) -> Void = { _ in }
  ) -> DoctorReport {
    var surroundings = Self.shell
    change(&surroundings)
    return DoctorReport(
      at: Timestamp(milliseconds: 0), exitCode: 0, workflow: "/srv/app/WORKFLOW.md",
      stateDirectory: "/srv/state", findings: findings, surroundings: surroundings, settings: [])
  }

  @Test func theSameIsNothing() {
    let report = report([Finding(.pass, "git", "git version 2.39.5")])
    let comparison = DoctorComparison(here: report, there: report)
    #expect(comparison.surroundings.isEmpty && comparison.checks.isEmpty)
  }

  @Test func whatACronLacksIsNamed() {
    let there = report { found in
      found.path = "/usr/bin:/bin:/sbin"
      (found.user, found.language, found.gitIdentity) = (nil, nil, nil)
      found.agents = [Surroundings.Agent(account: "claude_code")]
      found.variables = ["TMPDIR"]
    }
    let told = DoctorComparison(here: report(), there: there).surroundings
    func pair(_ name: String) -> [String?]? {
      told.first { $0.name == name }.map { [$0.here, $0.there] }
    }
    let folders = told.filter { $0.name == "in PATH" }
    #expect(folders.map(\.here) == ["/opt/agents", nil])
    #expect(folders.map(\.there) == [nil, "/sbin"])
    #expect(pair("USER") == ["ann", nil] && pair("LANG") == ["en_GB.UTF-8", nil])
    #expect(pair("git identity") == ["Ann <ann@example.org>", nil])
    #expect(pair("claude_code") == ["/opt/agents/claude", nil])
    #expect(pair("claude_code version") == ["2.1.0", nil])
    #expect(pair("claude_code login") == ["logged in", nil])
    #expect(pair("HTTPS_PROXY") == ["set", nil] && pair("TMPDIR") == [nil, "set"])
    #expect(pair("HOME") == nil && pair("runs as") == nil)
  }

  @Test func theOrderOfPATHDecidesWhichProgramIsFound() {
    let there = report { $0.path = "/usr/bin:/opt/agents:/bin" }
    let told = DoctorComparison(here: report(), there: there).surroundings
    #expect(told.map(\.name) == ["PATH"])
    #expect(told.first?.here == Self.shell.path)
    #expect(told.first?.there == "/usr/bin:/opt/agents:/bin")
  }

  @Test func aCheckDiffersByItsOutcomeAndNotByItsFigures() {
    let here = report([
      Finding(.pass, "agent", "/opt/agents/claude: 2.1.0"), Finding(.pass, "disk", "200 MB free"),
      Finding(.warn, "rate", "12 of 60 requests left"), Finding(.warn, "user", "this is root"),
      Finding(.pass, "login", "somebody is logged in"),
      Finding(.fail, "remote", "git cannot read a: refused"),
    ])
    let there = report([
      Finding(.fail, "agent", "claude is not in PATH", hint: "install it"),
      Finding(.pass, "disk", "199 MB free"), Finding(.warn, "rate", "11 of 60 requests left"),
      Finding(.warn, "user", "this is root"),
      Finding(.fail, "remote", "git cannot read a: no such host"),
    ])
    let told = DoctorComparison(here: here, there: there).checks
    #expect(told.map(\.subject) == ["agent", "remote", "login"])
    #expect(told.first?.there.map(\.text) == ["claude is not in PATH"])
    #expect(told.first?.here.map(\.grade) == [.pass])
    #expect(told.last?.there.isEmpty == true, "it is not asked without its program")
  }

  @Test func ofOneCheckTheWorstDecides() {
    let good = Finding(.pass, "agent", "codex: 9.9")
    let here = report([good, Finding(.pass, "agent", "claude: 2.1")])
    let there = report([good, Finding(.fail, "agent", "claude_code: claude is not in PATH")])
    let told = DoctorComparison(here: here, there: there).checks
    #expect(told.count == 1 && told.first?.there.count == 1)
  }

  @Test func theReportReadsBackAsItWas() throws {
    let report = report([Finding(.warn, "user", "this is root", hint: "do not")])
    let text = try ReportJSON.text(of: report)
    #expect(try ReportJSON.read(text, as: DoctorReport.self) == report)
    let json = try ReportJSON.read(text, as: Structure.self)
    #expect(json["surroundings"]?["shell"] == .null, "a key is there without a value, too")
    #expect(json["findings"]?.listValue?.first?["hint"] == .string("do not"))
  }
}
