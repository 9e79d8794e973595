// Waiting in tests for what other processes and threads do: polling with a generous limit that
// fails loudly, and a way to run blocking calls without taking one of Swift's few cooperative
// threads.
import NIOPosix
import SymphonyPlatform

/// A condition that did not come true in time; its description is the test's failure.
package struct NeverHappened: Error, CustomStringConvertible {
  package var what: String
  package var seconds: Double
  package var place: String
  package var description: String {
    "\(place): \(what) did not come true within \(seconds) s"
  }
}

/// Returns once the condition holds; looks every 20 ms.
///
/// The limit only bounds a failing test, so it is generous.
/// - Throws: `NeverHappened` at the limit, and whatever the condition throws.
package func eventually(
  _ what: String = "the condition", seconds: Double = 60,
  isolation: isolated (any Actor)? = #isolation,
  file: String = #fileID, line: Int = #line, _ condition: () async throws -> Bool
) async throws {
  let limit = Clock.monotonicMilliseconds() + Int64(seconds * 1000)
  while try await !condition() {
    if Clock.monotonicMilliseconds() >= limit {
      throw NeverHappened(what: what, seconds: seconds, place: "\(file):\(line)")
    }
    try await Task.sleep(nanoseconds: 20_000_000)
  }
}

package enum Blocking {
  private static let threads: NIOThreadPool = {
    let pool = NIOThreadPool(numberOfThreads: 32)
    pool.start()
    return pool
  }()

  /// Runs a blocking call on a thread of its own while the caller is suspended.
  package static func run<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await threads.runIfActive(body)
  }
}
