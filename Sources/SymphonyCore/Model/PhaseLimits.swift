// How long a worker may take for what is neither an agent's turn nor a hook. Part of a run's spec;
// the worker keeps the limits, the tick ends a worker that does not.

/// How long the worker's own phases may take; hooks and turns have limits in the policy.
package struct PhaseLimits: Hashable, Codable, Sendable {
  /// Clone, fetch, worktree; and everything of a clean-up but its hook and its push.
  package var prepare: Interval = .minutes(30)
  /// The fence, and the push at the end.
  package var push: Interval = .minutes(5)
  package init() {}
}
