// The verdicts of items whose pull requests are followed up, each with its story: the part of
// ReasonTable about feedback and merging.
import SymphonyCore

extension Golden {
  static let followedUp = [
    Golden("checks_open", "1 check not ended yet; 1 piece of feedback waits") {
      var world = FeedbackTests.world()
      world.say([.comment("C1", "hm", at: world.now)])
      var counts = CheckCounts()
      counts.open = 1
      world.views[.issue(1)]?.checks = counts
      return world.tick()
    },
    Golden(
      "feedback",
      "1 piece of feedback; a round starts at \((noon + .seconds(60)).rfc3339) if nothing more is said"
    ) {
      var world = FeedbackTests.world()
      world.say([.comment("C1", "hm", at: world.now)])
      return world.tick()
    },
    Golden("merging", "pull request #101 is being merged: the merge is ordered") {
      var world = MergeTests.world()
      return world.tick()
    },
    Golden(
      "not_merged",
      "pull request #101 waits for a person: nobody who may write has approved it: "
        + "https://github.com/acme/app/pull/101"
    ) {
      var world = MergeTests.world()
      world.approve([])
      return world.tick()
    },
    Golden(
      "rounds_exhausted",
      "1 round of feedback since a person last asked for work (feedback.max_rounds)"
    ) {
      var world = FeedbackTests.round { $0.policy.feedback.maxRounds = 1 }
      world.succeedRound("def")
      world.tick()
      world.say([.line("L2", "and this", at: noon)])
      return world.passQuiet()
    },
  ]
}
