// The schema's rows for following up pull requests, and for merging them. Read by `Schema.all`.

import SymphonyCore

extension Schema {
  static let feedbackSettings: [SettingSpec] = [
    SettingSpec(
      "feedback.enabled", \Policy.feedback.isEnabled,
      "reviews, comments, failed checks and conflicts of a pull request go back to the agent; "
        + "false: nothing is followed up"),
    SettingSpec(
      "feedback.reviews", \Policy.feedback.reviews,
      "reviews and line comments, also a resolved thread that is opened again"),
    SettingSpec("feedback.comments", \Policy.feedback.comments, "comments on the pull request"),
    SettingSpec(
      "feedback.checks", \Policy.feedback.checks,
      "checks that fail on its head and not on its base; required ones where the base names any"),
    SettingSpec(
      "feedback.conflicts", \Policy.feedback.conflicts, "a head that conflicts with its base"),
    SettingSpec(
      "feedback.quiet_ms", \Policy.feedback.quiet,
      "a round starts when nothing was said for so long"),
    SettingSpec(
      "feedback.max_rounds", \Policy.feedback.maxRounds, as: .whole(count),
      "of an issue since a person last asked for work on it; then it is parked"),
    SettingSpec(
      "feedback.max_check_rounds", \Policy.feedback.maxCheckRounds, as: .whole(count),
      "in a row that were for failed checks alone"),
    SettingSpec(
      "feedback.max_conflict_rounds", \Policy.feedback.maxConflictRounds, as: .whole(count),
      "in a row that were for conflicts alone"),
    SettingSpec(
      "feedback.resolve_threads", \Policy.feedback.resolveThreads,
      "threads are resolved in which the agent fixed everything"),
    SettingSpec(
      "feedback.rerequest_review", \Policy.feedback.requestsReview,
      "who requested changes is asked for a review again"),
    SettingSpec(
      "feedback.bots", \Policy.feedback.bots,
      "logins of bots whose words count, without `[bot]`; those of others never do"),
    SettingSpec(
      "feedback.opt_out_label", \Policy.feedback.optOutLabel,
      "issues with it are not followed up"),
    SettingSpec(
      "feedback.checks_grace_ms", \Policy.feedback.checksGrace,
      "a new commit without any check is given so long for its first"),
    SettingSpec(
      "feedback.checks_patience_ms", \Policy.feedback.checksPatience,
      "checks that have not ended after so long are not waited for"),
  ]

  static let mergeSettings: [SettingSpec] = [
    SettingSpec(
      "merge.when", \Policy.merge.when,
      "approved_and_green: a pull request is merged when somebody who may write approved its "
        + "newest commit, nobody requests changes, no thread is open, no feedback is unanswered, "
        + "and its checks passed"),
    SettingSpec("merge.method", \Policy.merge.method, "where the base has no merge queue"),
    SettingSpec(
      "merge.queue", \Policy.merge.queue,
      "a base's merge queue is used; false: what would go through one is not merged"),
    SettingSpec(
      "merge.delete_branch", \Policy.merge.deletesBranch,
      "the branch goes after the merge, unless it has moved"),
  ]
}
