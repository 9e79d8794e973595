// Answers that tell all of the state: made once for all who ask within half a second, one after the
// other and on a thread of their own. With a thousand items one takes a fifth of a second, and who
// asks for them in a loop must not keep /healthz and webhooks waiting.
import Dispatch
import SymphonyPlatform

actor Renderings {
  /// Milliseconds for which one serves all who ask.
  private static let freshness: Int64 = 500

  private struct Rendered {
    var answer: ServedAnswer
    var at: Int64
  }
  private typealias Making = Task<Result<ServedAnswer, ServedProblem>, Never>
  private var rendered: [Endpoint.Kind: Rendered] = [:]
  private var making: [Endpoint.Kind: Making] = [:]
  private let thread = RenderingThread()
  /// Grows with each change that somebody asked for here.
  private var era = 0

  /// What somebody changed is seen by whoever reads after it.
  func forget() {
    era += 1
    (rendered, making) = ([:], [:])
  }

  /// - Throws: what `make` throws.
  func answer(
    _ kind: Endpoint.Kind,
    _ make: @escaping @Sendable () async throws(ServedProblem) -> ServedAnswer
  ) async throws(ServedProblem) -> ServedAnswer {
    let now = Clock.monotonicMilliseconds()
    if let known = rendered[kind], now - known.at < Self.freshness { return known.answer }
    if let making = making[kind] { return try await making.value.get() }
    let task = Making(executorPreference: thread) {
      do throws(ServedProblem) { return .success(try await make()) } catch {
        return .failure(error)
      }
    }
    making[kind] = task
    let begun = era
    let result = await task.value
    if era == begun { making[kind] = nil }
    let answer = try result.get()
    guard era == begun else { return answer }
    rendered[kind] = Rendered(answer: answer, at: Clock.monotonicMilliseconds())
    return answer
  }
}

/// One thread for tasks that take long.
private final class RenderingThread: TaskExecutor {
  private let queue = DispatchQueue(label: "symphony.serve.rendering")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let executor = asUnownedTaskExecutor()
    queue.async { job.runSynchronously(on: executor) }
  }
}
