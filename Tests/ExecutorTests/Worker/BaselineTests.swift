// Uncommitted changes are an agent's work only where they differ from what was there before it.
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyExecutors

@Suite(.ownThreads) struct BaselineTests {
  /// A remote whose checkout shows a file as changed that nobody touched.
  private func withPhantom() throws -> WorkerYard {
    let yard = try WorkerYard()
    try yard.shell(
      """
      cd seed && printf 'a\\r\\nb\\r\\n' > run.bat && git add . && git commit -qm bat
      echo '*.bat text eol=crlf' > .gitattributes && git add .gitattributes
      git commit -qm attributes -- .gitattributes && git push -q ../remote.git main
      """)
    return yard
  }
  private func changed(_ yard: WorkerYard) throws -> String {
    try yard.shell(
      "git --git-dir=remote.git diff --name-only main \(WorkerYard.branch) | xargs")
  }

  @Test func aFileThatNobodyTouchedIsNoWork() throws {
    let yard = try withPhantom()
    let idle = try yard.perform("echo nothing to do")
    #expect(idle.outcome == .succeeded, "\(idle.summary)")
    #expect(idle.commitsAhead == 0)
    #expect(idle.madeProgress == false)
    #expect(idle.turns == 2)
    let worked = try yard.perform("echo x > mine")
    #expect(worked.commitsAhead == 1)
    #expect(try changed(yard) == "mine")
  }

  @Test func whatTheAgentChangedInItIsItsWork() throws {
    let yard = try withPhantom()
    let result = try yard.perform("printf 'c\\r\\n' >> run.bat")
    #expect(result.commitsAhead == 1)
    #expect(try changed(yard) == "run.bat")
  }

  @Test func whatHooksWroteIsNotCommitted() throws {
    let yard = try WorkerYard()
    let hooks: (inout RunSpec) -> Void = {
      $0.hooks.scripts["after_create"] = "echo x > created; printf x > \"$(printf 'b\\351[*')\""
      $0.hooks.scripts["before_run"] = "date +%N > ran; echo hook >> file"
    }
    let idle = try yard.perform("echo nothing", hooks)
    #expect(idle.commitsAhead == 0)
    #expect(idle.push == .nothing)
    let worked = try yard.perform("echo x > mine", hooks)
    #expect(worked.commitsAhead == 1)
    #expect(try changed(yard) == "mine")
  }

  /// A run that was cut short: the next one's agent goes on, and all of it is the agent's.
  @Test func leftoversOfAnInterruptedRunAreStillTheAgents() throws {
    let yard = try WorkerYard()
    let hooks: (inout RunSpec) -> Void = {
      $0.hooks.scripts["before_run"] = "date +%N > ran"
    }
    _ = try yard.perform("echo x > first; exit 1", hooks)
    let result = try yard.perform("echo x > second", hooks)
    #expect(result.commitsAhead == 1)
    #expect(try changed(yard) == "first second")
  }
}
