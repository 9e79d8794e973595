// The worker is synchronous, and so are its tests: each of them would hold one of the few threads on
// which all other tests of the process wait for their answers. They run on threads of their own
// instead, a few at a time.
import Dispatch
import Testing

/// Runs each test of a suite on a thread that nobody else waits for.
package struct OwnThreads: SuiteTrait, TestTrait, TestScoping {
  package var isRecursive: Bool { true }

  package func provideScope(
    for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
  ) async throws {
    guard testCase != nil else { return try await body() }
    await Places.shared.enter()
    do {
      try await withTaskExecutorPreference(ThreadExecutor.shared) { try await body() }
    } catch {
      await Places.shared.leave()
      throw error
    }
    await Places.shared.leave()
  }
}

extension Trait where Self == OwnThreads {
  package static var ownThreads: Self { OwnThreads() }
}

private final class ThreadExecutor: TaskExecutor {
  static let shared = ThreadExecutor()
  private let queue = DispatchQueue(label: "blocking tests", attributes: .concurrent)

  func enqueue(_ job: consuming ExecutorJob) {
    let unowned = UnownedJob(job)
    queue.async { unowned.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

/// How many run at once: they start processes, and most of their time they wait for those.
private actor Places {
  static let shared = Places()
  private var free = 3
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func enter() async {
    if free > 0 { free -= 1 } else { await withCheckedContinuation { waiting.append($0) } }
  }
  func leave() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
