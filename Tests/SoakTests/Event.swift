// What happens in a simulated history, from a closed list. Events are drawn from a seed without a look
// at the world and name what they hit by a number: so any part of a history is a history.
import SymphonyCore
import SymphonyTestSupport

struct Event: Hashable, Sendable {
  enum Deed: Hashable, Sendable {
    case nothing
    case edit, relabel, closeOrReopen, hideOrShow, comment, commentByStranger, addDraft
    /// Somebody wants an item worked on; somebody files another one.
    case revive, addIssue
    case move(to: String)
    case endPullRequest(merged: Bool)
    case openForeignPullRequest
    /// Somebody reads a pull request, or its checks go on.
    case review
    case ask(OperatorRequest.Kind)
    case pause(minutes: Int)
    case resume
    case holdAgent(minutes: Int)
    case end(Fate.Ending)
    case launchOf(Fate.Ending)
    case killWorker, occupyWorkspace
    case trouble(Truth.Trouble, calls: Int)
    case refuse(Refusal)
    case loseAnswers(Int)
    case silenceExecutor(ticks: Int)
    case setClock(minutes: Int)
    case sleep(hours: Int)
    case reboot
    case fillDisk(ticks: Int)
    case lockDisk(ticks: Int)
    case breakWorkflow(ticks: Int)
    case emptyWorkflow(ticks: Int)
    case changePolicy(Int)
  }
  enum Refusal: String, Hashable, Sendable, CaseIterable { case forbidden, rejected, limited, gone }

  /// How the tick goes that follows.
  enum Course: Hashable, Sendable {
    case plain
    /// A rehearsal comes before it.
    case rehearsed
    /// Killed at its n-th boundary, from 1.
    case killed(at: Int)
    /// While it waits for the survey another tick comes by.
    case meets
    /// The same, and somebody has removed the lock's file: neither knows of the other.
    case usurped
    /// A command of an operator comes while it waits; nil: a pause.
    case interrupted(OperatorRequest.Kind?)
    /// The machine sleeps while it waits for the survey.
    case suspended(hours: Int)
  }

  var deed: Deed
  /// Chooses what the deed hits, by the remainder.
  var pick: Int
  /// Seconds until the tick.
  var pause: Int
  var course: Course

  static func drawn(seed: Int, episode: Int, count: Int) -> [Event] {
    var dice = Dice(seed: Int(StableHash.value("\(seed)/\(episode)") >> 1))
    return (0..<count).map { _ in drawn(&dice) }
  }

  private static func drawn(_ dice: inout Dice) -> Event {
    Event(
      deed: deed(&dice), pick: Int.random(in: 0..<1_000_000, using: &dice),
      pause: dice.throwsOne(in: 12)
        ? Int.random(in: 400...20_000, using: &dice) : Int.random(in: 1...300, using: &dice),
      course: course(&dice))
  }

  private static func course(_ dice: inout Dice) -> Course {
    switch Int.random(in: 0..<20, using: &dice) {
    case 0, 1, 2: .killed(at: Int.random(in: 1...7, using: &dice))
    case 3: .killed(at: Int.random(in: 8...16, using: &dice))
    case 4: dice.throwsOne(in: 2) ? .meets : .usurped
    case 5: .interrupted([nil, .stop, .retry, .release].randomElement(using: &dice) ?? nil)
    case 6: .suspended(hours: Int.random(in: 1...30, using: &dice))
    case 7: dice.throwsOne(in: 3) ? .rehearsed : .plain
    default: .plain
    }
  }

  private static func deed(_ dice: inout Dice) -> Deed {
    switch Int.random(in: 0..<10, using: &dice) {
    case 0: .review
    case 1: person(&dice)
    case 2, 3: dice.throwsOne(in: 3) ? .addIssue : .revive
    case 4: dice.throwsOne(in: 2) ? operatorsDeed(&dice) : .nothing
    case 5, 6: workers(&dice)
    case 7, 8: dice.throwsOne(in: 3) ? machines(&dice) : trackers(&dice)
    default: dice.throwsOne(in: 3) ? workflows(&dice) : .nothing
    }
  }

  private static func person(_ dice: inout Dice) -> Deed {
    switch Int.random(in: 0..<14, using: &dice) {
    case 0: .edit
    case 1: .relabel
    case 2, 3: .closeOrReopen
    case 4: .hideOrShow
    case 5: .comment
    case 6: .commentByStranger
    case 7: .addDraft
    case 8, 9, 10:
      .move(
        to: ["Todo", "In Progress", "Human Review", "Done", "Backlog"]
          .randomElement(using: &dice) ?? "Todo")
    case 11, 12: .endPullRequest(merged: dice.throwsOne(in: 2))
    default: .openForeignPullRequest
    }
  }

  private static func operatorsDeed(_ dice: inout Dice) -> Deed {
    switch Int.random(in: 0..<8, using: &dice) {
    case 0: .ask(.stop)
    case 1, 2: .ask(.retry)
    case 3: .ask(.release)
    case 4: .ask(.stopAll)
    case 5:
      dice.throwsOne(in: 2)
        ? .ask(.goOn) : .holdAgent(minutes: Int.random(in: 1...40, using: &dice))
    case 6: .pause(minutes: Int.random(in: 1...20, using: &dice))
    default: .resume
    }
  }

  private static func workers(_ dice: inout Dice) -> Deed {
    let ending = Fate.Ending.allCases.randomElement(using: &dice) ?? .succeeds
    return switch Int.random(in: 0..<8, using: &dice) {
    case 0, 1, 2: .end(ending)
    case 3, 4: .launchOf(ending)
    case 5, 6: .killWorker
    default: .occupyWorkspace
    }
  }

  private static func trackers(_ dice: inout Dice) -> Deed {
    switch Int.random(in: 0..<8, using: &dice) {
    case 0, 1, 2:
      .trouble(
        Truth.Trouble.allCases.randomElement(using: &dice) ?? .unreachable,
        calls: Int.random(in: 1...4, using: &dice))
    case 3: .refuse(Refusal.allCases.randomElement(using: &dice) ?? .forbidden)
    case 4, 5, 6: .loseAnswers(Int.random(in: 1...3, using: &dice))
    default: .silenceExecutor(ticks: Int.random(in: 1...4, using: &dice))
    }
  }

  private static func machines(_ dice: inout Dice) -> Deed {
    switch Int.random(in: 0..<8, using: &dice) {
    case 0, 1: .setClock(minutes: Int.random(in: -120...120, using: &dice))
    case 2: .sleep(hours: Int.random(in: 1...30, using: &dice))
    case 3, 4: .reboot
    case 5, 6: .fillDisk(ticks: Int.random(in: 1...6, using: &dice))
    default: .lockDisk(ticks: Int.random(in: 1...3, using: &dice))
    }
  }

  private static func workflows(_ dice: inout Dice) -> Deed {
    switch Int.random(in: 0..<8, using: &dice) {
    case 0, 1: .breakWorkflow(ticks: Int.random(in: 1...6, using: &dice))
    case 2: .emptyWorkflow(ticks: Int.random(in: 1...6, using: &dice))
    // Most changes stay with a repository's issues, or with a board.
    case 3, 4, 5, 6: .changePolicy(Int.random(in: 0..<20, using: &dice) * 2)
    default: .changePolicy(Int.random(in: 0..<40, using: &dice))
    }
  }
}
