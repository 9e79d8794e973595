// Hidden: what a tick starts for each run. It reads the spec, runs the agent, pushes, writes
// result.json and becomes the nudge tick.
import ArgumentParser
import SymphonyAgents
import SymphonyPlatform
import SymphonyWorker
import SymphonyWorkflow

struct WorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker", abstract: "Run one agent (started by a tick).",
    discussion: """
      It needs the lease that its tick hands over: started by hand it ends at once.

      Examples:
        symphony worker ~/.local/state/symphony/app-0a1b2c3d/runs/RUN
      """, shouldDisplay: false)
  @Argument var runDirectory: String

  func run() throws {
    FaultPoint.take(role: .worker)
    let worker = Worker(
      runDirectory: runDirectory, agents: AgentRegistry.all, renderer: TemplateEngine(),
      environment: Host.environment)
    Platform.exit(worker.run())
  }
}
