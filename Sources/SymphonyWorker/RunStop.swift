// Why a run leaves its straight way, and how it ends. Every step of the worker throws only RunStop,
// so that "cancelled", "the lease is gone" and "this attempt failed" can never be mistaken for one
// another. Worker.swift is the one place that catches them all; the steps only throw.
import SymphonyCore
import SymphonyPlatform

/// How an attempt ended, before git's facts are added to it.
struct RunEnding {
  var outcome: Outcome
  /// Stable; empty on success.
  var code = ""
  /// One sentence.
  var summary: String
  /// The agent's failure; only with the outcome `failed`.
  var failure: Failure?
  /// The agent's last words.
  var message = ""
  var wantsContinuation = false
  /// The agent did not come to its end, or said that there is more to do.
  var isUnfinished = false
  /// Set where the ending itself says what became of the commits; nil: the push decides.
  var push: PushState?

  static func succeeded(_ summary: String) -> RunEnding {
    RunEnding(outcome: .succeeded, summary: summary)
  }
  static func failed(
    _ code: String, _ summary: String, _ failure: Failure? = nil
  ) -> RunEnding {
    RunEnding(outcome: .failed, code: code, summary: summary, failure: failure)
  }
  /// This machine's own trouble ended it.
  static func hindered(_ words: String) -> RunEnding {
    .failed(RunCode.machineTrouble, "this machine is in trouble: \(words)", .transient)
  }
}

enum RunStop: Error {
  /// Somebody asked by signal: no push, no leftovers, no nudge.
  case cancelled(signal: Int32)
  /// The lease's file is gone or another's: nothing may be written or pushed any more.
  case leaseLost
  /// The attempt is over; the end of the run goes its usual way.
  case ended(RunEnding)
  /// Our own trouble with the operating system: disk full, no descriptors.
  case broken(PlatformError)

  static func failed(
    _ code: String, _ summary: String, _ failure: Failure? = nil
  ) -> RunStop {
    .ended(.failed(code, summary, failure))
  }
}

/// Runs an operation of the platform as a step of the run.
func platform<Value>(_ operation: () throws(PlatformError) -> Value) throws(RunStop) -> Value {
  do throws(PlatformError) { return try operation() } catch { throw .broken(error) }
}
