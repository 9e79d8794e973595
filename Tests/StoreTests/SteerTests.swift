// What a command writes: in one transaction with what it was decided on, all of it or nothing.
import SymphonyCore
import Testing

@testable import SymphonyStore

@Suite struct SteerTests {
  private func request(_ item: String) -> OperatorRequest {
    OperatorRequest(kind: .stopAll, item: ItemID(item), by: "me", why: "", at: Sample.now)
  }
  private let pause = Hold(kind: .pause, scope: "", why: "w", until: nil, setAt: Sample.now)

  @Test func decidesOnTheRowsAndWritesAll() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    try store.commit([.putItem(Sample.item("a"))], basis: nil)
    let seen = try store.steer { state in
      var orders = Orders()
      orders.holds = [pause]
      orders.requests = state.items.map { request($0.id.text) }
      return (orders, state.items.count)
    }
    #expect(seen == 1)
    let state = try store.load()
    #expect(state.holds == [pause] && state.requests.map(\.kind) == [.stopAll])
    try store.steer { _ in
      var orders = Orders()
      orders.lifted = [pause]
      return (orders, ())
    }
    #expect(try store.load().holds.isEmpty)
  }

  @Test func whatCannotBeWrittenWholeIsNotWrittenAtAll() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    try store.commit([.putItem(Sample.item("a"))], basis: nil)
    #expect(throws: StoreError.self) {
      try store.steer { _ in
        var orders = Orders()
        orders.holds = [pause]
        orders.requests = [request("a"), request("nobody")]
        return (orders, ())
      }
    }
    let state = try store.load()
    #expect(state.holds.isEmpty && state.requests.isEmpty)
  }

  @Test func aTickThatPlannedBeforeItPlansAnew() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    try store.commit([.putItem(Sample.item("a"))], basis: nil)
    let basis = try store.load()
    try store.steer { _ in
      var orders = Orders()
      orders.requests = [request("a")]
      return (orders, ())
    }
    #expect(throws: StoreError.self) {
      try store.commit([.putItem(Sample.item("a"))], basis: basis)
    }
  }
}
