// A git that did not answer has not said no. It may be killed, or the wall around it may not come
// to stand: whichever question of a run that hits, the agent's work is delivered, or the run says
// that it does not know, and the next one delivers it. Also how few questions a run asks of git.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

private let noSandbox = Sandbox.problem(environment: Host.environment)

@Suite(.ownThreads) struct SilentGitTests {
  private static let elsewhere =
    "git checkout -q -b other; echo x > mine; git add mine; git commit -qm mine; git checkout -q -"

  /// Puts a program in front of the real one of that name; `script` runs first.
  private func wrap(_ yard: WorkerYard, _ name: String, _ script: String) throws {
    let real = try #require(Spawn.find(name, environment: yard.environment))
    try Files.makeDirectories(yard.path("bin"))
    try Files.writeAtomically(
      yard.path("bin/\(name)"), "#!/bin/sh\n\(script)\nexec \(real) \"$@\"\n", mode: 0o700)
    yard.environment["PATH"] = yard.path("bin") + ":" + (yard.environment["PATH"] ?? "")
  }

  /// One call of the many after the agent's end dies, of which the agent's last word is a file.
  private func killing(
    _ call: Int, of name: String, _ yard: WorkerYard, by death: String
  ) throws {
    let (ended, count) = (yard.workspace + "/.git/ended", yard.path("count"))
    try wrap(
      yard, name,
      """
      if test -e \(ended); then
        n=$(($(cat \(count) 2> /dev/null || echo 0) + 1)); echo $n > \(count)
        test $n != \(call) || { \(death); }
      fi
      """)
  }

  private func checkNothingIsLost(_ yard: WorkerYard, _ place: WorkPlace) throws {
    let first = try yard.perform("\(Self.elsewhere); touch .git/ended", at(place))
    let made = try yard.shell("git -C \(yard.workspace) rev-parse other || true")
    if first.push == .pushed(head: made) { return }
    #expect(first.outcome == .failed, "\(first)")
    #expect(first.push != .nothing || first.head == nil || first.head == made, "\(first)")
    try Files.removeTree(yard.workspace + "/.git/ended")
    let next = try yard.perform("true", at(place))
    #expect(next.push == .pushed(head: made), "\(first); then \(next)")
  }

  @Test(arguments: 1...12, ["kill -KILL $$", "echo 'fatal: Out of memory' >&2; exit 128"])
  func aGitThatDiesLosesNothing(call: Int, death: String) throws {
    let yard = try WorkerYard()
    try killing(call, of: "git", yard, by: death)
    try checkNothingIsLost(yard, .clone)
    #expect(yard.text("count") != "")
  }

  /// bwrap ends with 1 then, as git does where it says no.
  @Test(arguments: 1...10)
  func aWallThatDoesNotStandLosesNothing(call: Int) throws {
    guard noSandbox == nil else { return }
    let yard = try WorkerYard()
    try killing(
      call, of: "bwrap", yard, by: "echo 'bwrap: Creating new namespace failed' >&2; exit 1")
    try checkNothingIsLost(yard, .walled)
    #expect(yard.text("count") != "")
  }

  /// HEAD owes nothing, and of what lies beside the branch git has said nothing.
  @Test func aStopSaysThatItCouldNotLook() throws {
    let yard = try WorkerYard()
    let (order, dead) = (yard.workspace + "/order", yard.path("dead"))
    try wrap(
      yard, "git", "case \"$*\" in *for-each-ref*) test ! -e \(dead) || kill -KILL $$;; esac")
    var isOrdered = false
    yard.seams.signal = {
      if Files.exists(order), (try? Files.remove(order)) != nil {
        isOrdered = (try? Files.append(dead, "")) != nil
      }
      return isOrdered ? Signals.terminate : nil
    }
    let result = try yard.perform("\(Self.elsewhere); touch order; \(Way.forEver)", at(.clone))
    #expect(result.outcome == .cancelled && result.push == .nothing && result.head == nil)
    #expect(
      result.summary.contains("left commits beside the item's branch is not known"),
      "\(result.summary)")
    yard.seams.signal = { nil }
    try Files.remove(dead)
    let made = try yard.shell("git -C \(yard.workspace) rev-parse other")
    let next = try yard.perform("true", at(.clone))
    #expect(next.push == .pushed(head: made), "\(next)")
  }

  /// What a process of the agent still does, nobody can gather.
  @Test func anAgentThatDoesNotEndIsNoEndOfItsWork() throws {
    let yard = try WorkerYard()
    // The first pass finds a process, and there is no time for a second one.
    yard.seams.sweepPatience = 0
    let first = try yard.perform(
      """
      setsid nohup sh -c 'touch .git/up; exec sleep 600' > /dev/null 2>&1 &
      while ! test -e .git/up; do sleep 0.01; done
      \(Self.elsewhere)
      """, at(.clone))
    let made = try yard.shell("git -C \(yard.workspace) rev-parse other")
    #expect(first.outcome == .failed && first.failure == .transient, "\(first)")
    #expect(first.code == "agent_lives")
    #expect(first.head != nil || first.summary.contains("is not known"), "\(first)")
    yard.seams.sweepPatience = 5000
    let next = try yard.perform("true", at(.clone))
    #expect(next.push == .pushed(head: made), "\(next)")
  }

  @Test(arguments: [
    (ChildExit.exited(0), "bwrap: warning", true), (.exited(1), "", true), (.exited(128), "", true),
    (.exited(1), "bwrap: Creating new namespace failed", false), (.exited(127), "", false),
    (.exited(137), "", false), (.signalled(9), "", false), (.exited(128), "Out of memory", false),
  ])
  func onlyGitsOwnEndIsAnAnswer(exit: ChildExit, errors: String, isAnswer: Bool) {
    let answer = GitAnswer(
      command: "git", exit: exit, overTime: false, bytes: [], errors: errors)
    #expect(answer.isConclusive == isAnswer)
  }

  /// New commits are dated by the new time.
  @Test func aClockThatIsSetBackMakesNoCommitOld() {
    let noted = FoundCommits.Moment(wall: 1000, steady: 50_000)
    func earliest(_ wall: Int64, _ steady: Int64?) -> Int64 {
      noted.earliestDate(at: .init(wall: wall, steady: steady))
    }
    #expect((999...1000).contains(earliest(1010, 60_000)))
    #expect((899...900).contains(earliest(910, 60_000)))
    #expect(earliest(5000, 60_000) == 1000)
    #expect(FoundCommits.Moment(wall: 7).earliestDate(at: .init(wall: 1, steady: 1)) == 7)
  }

  // MARK: How many

  /// A question that was just answered is not asked again.
  @Test func aSimpleRunAsksFewQuestions() throws {
    let yard = try WorkerYard()
    try wrap(
      yard, "git",
      "case \"$*\" in *core.hooksPath=/dev/null*) echo \"${*##*i18n.commitEncoding=UTF-8 }\"; esac >> \(yard.path("calls"))"
    )
    for most in [39, 42] {
      try Files.removeTree(yard.path("calls"))
      let result = try yard.perform(commitScript)
      #expect(result.push == .pushed(head: try yard.remoteTip()))
      let calls = yard.text("calls").split(separator: "\n")
      #expect(calls.count > 20)
      #expect(calls.count <= most, "\(calls.joined(separator: "\n"))")
    }
  }
}
