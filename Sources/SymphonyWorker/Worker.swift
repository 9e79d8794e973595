// The worker: a detached program that carries out one run, from lease to result. Synchronous and
// single-threaded: children write files, and one loop watches child, pulse, signals and limits.
// Started by the executor as `symphony worker RUNDIR`. It never opens the database and decides no
// claim: it leaves files for the next tick.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns

package struct Worker {
  private let directory: String
  private let agents: [any Agent]
  private let renderer: any PromptRenderer
  private let environment: [String: String]
  private let seams: WorkerSeams

  /// `runDirectory`: absolute; holds spec.json.
  ///
  /// `agents`: the registry; the spec names one by its kind. `environment`: the worker's own, with
  /// git's token in SYMPHONY_GIT_TOKEN where there is one.
  package init(
    runDirectory: String, agents: [any Agent], renderer: any PromptRenderer,
    environment: [String: String]
  ) {
    var seams = WorkerSeams()
    seams.logsJSON = environment[WorkerSeams.formatVariable] == "json"
    self.init(
      runDirectory: runDirectory, agents: agents, renderer: renderer, environment: environment,
      seams: seams)
  }

  init(
    runDirectory: String, agents: [any Agent], renderer: any PromptRenderer,
    environment: [String: String], seams: WorkerSeams
  ) {
    self.directory = runDirectory
    self.agents = agents
    self.renderer = renderer
    self.environment = environment
    self.seams = seams
  }

  /// - Returns: the exit status: 0 with a result written; 70 when the lease was lost; 74 when the
  ///   run directory cannot be used; 75 when another worker holds the lease. Never returns when it
  ///   becomes the next tick.
  package func run() -> Int32 {
    let live: LiveRun
    switch WorkerStart.begin(directory, environment, seams) {
    case .refused(let status): return status
    case .started(let run): live = run
    }
    let git = GitCommand(live)
    let work = Work(git: git, agents: agents, renderer: renderer)
    let result: RunResult
    do throws(RunStop) {
      try live.enter(.starting, limit: live.limits.prepare)
      result = live.spec.purpose == .work ? try carryOut(work) : try cleanUp(CleanUp(git: git))
    } catch {
      switch error {
      case .leaseLost:
        live.log("the lease was taken away: ending without pushing or writing")
        live.sweep()
        removePrivateFiles(live)
        return WorkerStart.bug
      case .cancelled(let number):
        live.log("signal \(number): the run ends")
        result = work.windUp(RunEnding(outcome: .cancelled, code: "", summary: "it was stopped"))
      case .ended(let ending): result = work.windUp(ending)
      case .broken(let error):
        live.log(error.description)
        result = work.windUp(
          error.isMachineTrouble
            ? .hindered(error.description) : .failed("worker_failed", error.description))
      }
    }
    removePrivateFiles(live)
    return conclude(result, live)
  }

  /// Removes the files that the adapter asked for, at run end, always.
  ///
  /// If we are killed before, the executor's sweep does it.
  private func removePrivateFiles(_ live: LiveRun) {
    do throws(PlatformError) { try Files.removeTree(live.files.privateFolder) } catch {
      live.log(error.description)
    }
  }

  /// The attempt, and what follows it however it ended.
  private func carryOut(_ work: Work) throws(RunStop) -> RunResult {
    let ending: RunEnding
    do throws(RunStop) { ending = try work.attempt() } catch {
      guard case .ended(let early) = error else { throw error }
      ending = early
    }
    return try work.finish(ending)
  }

  private func cleanUp(_ order: CleanUp) throws(RunStop) -> RunResult {
    do throws(RunStop) { return try order.carryOut() } catch {
      guard case .ended(let early) = error else { throw error }
      return order.stopped(early)
    }
  }

  /// The result is the last thing a run writes, and once; then the worker makes room for the next
  /// tick.
  private func conclude(_ result: RunResult, _ live: LiveRun) -> Int32 {
    var final = result
    final.endedAt = .current
    final.kept = live.kept
    live.maskOutput()
    // A missing disk outweighs any other failure: without it nothing could have gone well.
    if ![.succeeded, .cancelled, .blocked].contains(final.outcome),
      [nil, .agent, .misconfigured].contains(final.failure),
      let absence = Workspace(git: GitCommand(live)).absence
    {
      final.outcome = .failed
      final.code = RunCode.workspaceAbsent
      final.failure = .transient
      if !final.summary.contains(absence) { final.summary = "\(absence); \(final.summary)" }
    }
    for remark in live.remarks where !final.summary.contains(remark) {
      final.summary += "; " + remark
    }
    final = final.changingWords(live.redact)
    do throws(RunStop) { try live.checkLease() } catch { return WorkerStart.bug }
    do throws(PlatformError) { try seams.writeResult(live.files, final) } catch {
      live.log("the result cannot be written: \(error.description)")
      if error.isMachineTrouble { live.leaveWord(.machineTrouble) }
      return WorkerStart.unusable
    }
    live.log("run \(live.spec.runID) \(final.outcome.rawValue): \(final.summary)")
    guard final.outcome != .cancelled, !live.spec.nudge.isEmpty, seams.ownsProcess else { return 0 }
    do throws(PlatformError) {
      let memory = try PassedEnvironment.file(live.environment)
      var visible = PassedEnvironment.visible(live.environment)
      visible[PassedEnvironment.variable] = "\(memory.descriptor)"
      throw Spawn.become(live.spec.nudge, environment: visible, inherited: memory.descriptor)
    } catch { live.log("the next tick cannot be started from here: \(error.description)") }
    return 0
  }
}
