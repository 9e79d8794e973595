// The settings that simulated ticks find: a policy for each number, drawn from it, and WORKFLOW.md as
// good, broken or emptied.
import SymphonyCore
import SymphonyTestSupport
import SymphonyTick

extension Policy {
  static let prefix = "variant "

  /// The policy that a number stands for; even ones work on a repository's issues, odd ones on a
  /// board.
  static func simulated(_ variant: Int, path: String) -> Policy {
    var dice = Dice(seed: variant / 2 + 1)
    var policy = Policy(promptTemplate: "do it", promptLine: 1, workflowPath: path)
    policy.workspace.minFreeMegabytes = 100
    policy.workspace.keptRuns = Int.random(in: 1...3, using: &dice)
    policy.workspace.removeOnTerminal = !dice.throwsOne(in: 5)
    if variant % 3 == 0 { policy.workspace.maxAgeDays = 1 }
    policy.limits.maxConcurrent = Int.random(in: 1...4, using: &dice)
    policy.limits.maxAttempts = dice.throwsOne(in: 3) ? 2 : 10
    policy.pullRequest.openOnSuccess = !dice.throwsOne(in: 5)
    policy.pullRequest.commentOnIssue = !dice.throwsOne(in: 4)
    policy.pullRequest.closeIssueOnMerge = dice.throwsOne(in: 2)
    policy.pullRequest.reuseExisting = !dice.throwsOne(in: 4)
    if dice.throwsOne(in: 3) { policy.limits.maxCostPerDay = 40 }
    if dice.throwsOne(in: 3) { policy.agent.budget.maxCostPerItem = 6 }
    if dice.throwsOne(in: 4) {
      policy.agent.kind = "codex"
      policy.agent.account = Account("codex")
    }
    if dice.throwsOne(in: 2) {
      policy.tracker.labelsOn.start = LabelMove(add: ["working"])
      policy.tracker.labelsOn.handoff = LabelMove(add: ["review"], remove: ["working"])
      policy.tracker.labelsOn.park = LabelMove(add: ["needs-human"], remove: ["working"])
    }
    policy.pollInterval = .seconds(1)
    policy.tickDeadline = .seconds(25)
    policy.feedback.isEnabled = variant % 8 >= 2
    policy.feedback.maxRounds = 3
    if variant % 8 >= 4 { policy.merge.when = .approvedAndGreen }
    guard variant % 2 == 1 else {
      policy.tracker.requiredLabels = ["symphony"]
      return policy
    }
    var board = BoardPolicy(owner: "acme", number: 1)
    board.draftRepository = Truth.app
    board.itemTypes = [.issue, .draftIssue]
    board.requiresIssue = dice.throwsOne(in: 2)
    board.convertsDrafts = dice.throwsOne(in: 2)
    policy.tracker.board = board
    policy.tracker.activeStatuses = ["Todo", "In Progress"]
    policy.tracker.terminalStatuses = ["Done"]
    policy.tracker.inProgressStatus = dice.throwsOne(in: 4) ? nil : "In Progress"
    policy.tracker.handoffStatus = dice.throwsOne(in: 4) ? nil : "Human Review"
    return policy
  }
}

extension Truth {
  /// WORKFLOW.md as a tick reads it.
  func load(_ lastGood: String?, path: String) -> PolicyLoad {
    switch file {
    case .good:
      return PolicyLoad(
        policy: policy(variant, path), problem: nil, goodText: Policy.prefix + "\(variant)")
    case .broken, .emptied:
      let known = lastGood.flatMap { Int($0.dropFirst(Policy.prefix.count)) }
      return PolicyLoad(
        policy: known.map { policy($0, path) }, problem: "WORKFLOW.md:1:1: \(file)", goodText: nil)
    }
  }

  private func policy(_ number: Int, _ path: String) -> Policy {
    var policy = Policy.simulated(number, path: path)
    wanted?(&policy)
    return policy
  }
}

/// No template is rendered here.
struct NoRenderer: PromptRenderer {
  func render(_ template: String, context: Structure, firstLine: Int) -> String { template }
}
