// Writes webhooks down in groups: a burst of a thousand costs a few transactions, and none is
// answered before it is on disk.
import SymphonyCore
import Synchronization

final class DeliveryWriter: Sendable {
  private struct Waiting {
    var delivery: WebhookDelivery
    var done: CheckedContinuation<Result<Bool, ServedProblem>, Never>
  }
  private struct Queue {
    var waiting: [Waiting] = []
    var isWriting = false
  }
  private let queue = Mutex(Queue())
  private let state: any ServedState

  init(state: any ServedState) { self.state = state }

  /// - Returns: whether it was new.
  func note(_ delivery: WebhookDelivery) async throws(ServedProblem) -> Bool {
    let result = await withCheckedContinuation {
      (done: CheckedContinuation<Result<Bool, ServedProblem>, Never>) in
      let starts = queue.withLock { queue in
        queue.waiting.append(Waiting(delivery: delivery, done: done))
        defer { queue.isWriting = true }
        return !queue.isWriting
      }
      if starts { Task { await self.write() } }
    }
    return try result.get()
  }

  private func write() async {
    while true {
      let group = queue.withLock { queue in
        defer { queue.waiting = [] }
        if queue.waiting.isEmpty { queue.isWriting = false }
        return queue.waiting
      }
      if group.isEmpty { return }
      do throws(ServedProblem) {
        let news = try await state.note(group.map(\.delivery))
        for (waiting, isNew) in zip(group, news) { waiting.done.resume(returning: .success(isNew)) }
        for waiting in group.dropFirst(news.count) {
          waiting.done.resume(returning: .success(false))
        }
      } catch {
        for waiting in group { waiting.done.resume(returning: .failure(error)) }
      }
    }
  }
}
