// Uncommitted changes are an agent's work only where they differ from what was there before it.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

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
      "git --git-dir=remote.git diff --name-only --no-renames main \(WorkerYard.branch) | xargs")
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

  /// Taken for none, it would be written anew without what a killed agent left.
  @Test func aMarkThatCannotBeReadIsNotTakenForNone() throws {
    let yard = try WorkerYard()
    _ = try yard.perform("echo x > mine")
    let mark = yard.workspace + ".created"
    #expect(try WorkspaceMark.read(mark)?.record != nil)
    #expect(try WorkspaceMark.read(mark + ".other") == nil)
    // Root may read any file, but nobody a folder as one.
    #expect(throws: RunStop.self) { try WorkspaceMark.read(yard.workspace) }
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

  @Test func whatHooksWriteBetweenTurnsIsNobodysWork() throws {
    let yard = try WorkerYard()
    let hooks: (inout RunSpec) -> Void = {
      $0.hooks.scripts["before_turn"] = "date +%N > early; echo hook >> file"
      $0.hooks.scripts["after_turn"] = "date +%N > late; git add late; echo hook >> file"
      $0.hooks.scripts["after_run"] = "date +%N > last"
    }
    let idle = try yard.perform("echo SYMPHONY: continue", hooks)
    #expect(idle.commitsAhead == 0)
    #expect(!idle.madeProgress)
    #expect(idle.turns == 2, "a turn in which only hooks wrote is idle: \(idle.summary)")
    let worked = try yard.perform("test $TURN = 1 || echo x > mine", hooks)
    #expect(worked.turns == 3, "\(worked.summary)")
    #expect(try changed(yard) == "mine")
    // What is left by all of them is not the next run's work either.
    let next = try yard.perform("echo nothing")
    #expect(next.commitsAhead == 1)
    #expect(!next.madeProgress)
    #expect(try changed(yard) == "mine")
  }

  /// The agent's own files stay its work in the form a hook gives them, committed or not.
  @Test func whatAHookFormatsIsStillTheAgents() throws {
    let yard = try WorkerYard()
    let format = "for f in file c mine; do test ! -f $f || sed -i y/abc/ABC/ $f; done"
    let agent = "echo abc > mine; echo abc > c; git add c; git commit -qm c --allow-empty"
    for hook in ["after_turn", "before_turn"] {
      let result = try yard.perform(agent + "; test $TURN = 2 || echo SYMPHONY: continue") {
        $0.hooks.scripts[hook] = format + "; echo abc >> file"
      }
      #expect(result.outcome == .succeeded, "\(result.summary)")
      #expect(try changed(yard) == "c mine")
    }
    let shown = "git --git-dir=remote.git show \(WorkerYard.branch)"
    let last = try yard.perform(agent.replacing("abc", with: "cab")) {
      $0.hooks.scripts["after_turn"] = format
    }
    #expect(last.outcome == .succeeded)
    #expect(try yard.shell("\(shown):mine") == "CAB")
    #expect(try yard.shell("\(shown):c") == "CAB")
  }

  @Test func whatAHookCommitsIsWork() throws {
    let yard = try WorkerYard()
    let hooks: (inout RunSpec) -> Void = {
      $0.hooks.scripts["after_turn"] = "date +%N > own; git add -A; git commit -qm hook"
    }
    let result = try yard.perform("echo x > mine", hooks)
    #expect((result.commitsAhead, result.turns) == (1, 1))
    #expect(try changed(yard) == "mine own")
    let alone = try yard.perform("echo nothing", hooks)
    #expect(alone.commitsAhead == 2)
    #expect(alone.madeProgress)
    #expect(try yard.remoteTip() == alone.head)
  }

  /// A bad end of the agent's process is overlooked for its own work only.
  @Test(arguments: ["echo x > own", "echo x > own; git add -A; git commit -qm hook"])
  func aHooksWorkDoesNotExcuseTheAgent(_ hook: String) throws {
    let yard = try WorkerYard()
    let agent = "test $TURN = 1 && { echo SYMPHONY: continue; exit; }; echo odd; exit 3"
    let result = try yard.perform(agent) { $0.hooks.scripts["after_turn"] = hook }
    #expect(result.outcome == .failed, "\(result.summary)")
    #expect(result.code == "agent_failed")
    let worked = try yard.perform("echo x > mine; echo odd; exit 3") {
      $0.hooks.scripts["after_turn"] = hook
    }
    #expect(worked.outcome == .succeeded, "\(worked.summary)")
  }

  @Test func whatAHookLeftBeforeItFailedIsTheHooks() throws {
    let yard = try WorkerYard()
    let failed = try yard.perform("echo x > never") {
      $0.hooks.scripts["before_turn"] = "echo x > half; test ! -f first || exit 1; touch first"
      $0.hooks.scripts["after_turn"] = "echo x > late; exit 1"
    }
    #expect(failed.code == "hook_failed", "\(failed.summary)")
    let result = try yard.perform("git add -A; echo x > mine")
    #expect(result.commitsAhead == 1)
    #expect(try changed(yard) == "mine never", "the agent's first turn left one")
  }

  @Test func whatAHookStagedIsNotCommittedWithTheAgents() throws {
    let yard = try WorkerYard()
    let result = try yard.perform(
      "git mv file moved; echo x > new; git add new; rm new; echo x > m"
    ) {
      $0.hooks.scripts["before_run"] = "echo x > staged; git add staged"
      $0.hooks.scripts["after_turn"] = "echo x > later; git add -A"
    }
    #expect(result.commitsAhead == 1, "\(result.summary)")
    #expect(try changed(yard) == "file m moved")
    #expect(try yard.shell("git -C state/workspaces/w42 status --short") == "A  later\nA  staged")
  }

  /// No pattern is made of a name: one that is like a hook's is not the hook's.
  @Test func namesAreComparedByteByByte() throws {
    let yard = try WorkerYard()
    func name(_ digit: Int) -> String { "$(printf 'b\\35\(digit)[*\\n\\t\"')" }
    let result = try yard.perform("echo x > \"\(name(2))\"; echo x > ':(top)'; echo x > '*'") {
      $0.hooks.scripts["before_turn"] = "echo x > \"\(name(1))\"; echo x > all"
    }
    #expect(result.commitsAhead == 1)
    let names = try yard.shell(
      "git --git-dir=remote.git diff --name-only main \(WorkerYard.branch)")
    #expect(names == "*\n:(top)\n\"b\\352[*\\n\\t\\\"\"")
  }

  @Test func aFilesRightsAreCompared() throws {
    let yard = try WorkerYard()
    let result = try yard.perform("test $TURN = 1 || chmod +x file; echo SYMPHONY: continue") {
      $0.hooks.scripts["before_run"] = "echo x >> file"
    }
    #expect(result.commitsAhead == 1)
    #expect(result.turns == 3)
    #expect(
      try yard.shell("git --git-dir=remote.git ls-tree \(WorkerYard.branch)").hasPrefix("100755"))
  }
}
