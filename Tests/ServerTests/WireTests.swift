// A real server on a loopback port, asked over real sockets: what is answered, and what streams tell.
import FoundationEssentials
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Synchronization
import Testing

@testable import SymphonyServer

@Suite struct WireTests {
  @Test func whatIsAskedIsAnswered() async throws {
    let served = try await Served()
    for (path, type) in [
      ("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript"),
      ("/healthz", "application/json"), ("/metrics", "text/plain; version=0.0.4"),
      ("/api/v1/state", "application/json"), ("/api/v1/status", "application/json"),
      ("/api/v1/events", "application/json"), ("/api/v1/cost?by=model", "application/json"),
      ("/api/v1/openapi.json", "application/json"), ("/api/v1/runs/r1/log", "application/json"),
    ] {
      let answer = try await served.ask("GET", path)
      let ok = path == "/healthz" ? [200, 503] : [200]
      #expect(answer.code == 0 && ok.contains(answer.status), "\(path)")
      #expect(answer.header("Content-Type")?.hasPrefix(type) == true, "\(path)")
      #expect(answer.header("Content-Security-Policy")?.hasPrefix("default-src 'none'") == true)
      let head = try await served.ask("HEAD", path)
      #expect(head.body.isEmpty && ok.contains(head.status), "HEAD \(path)")
    }
    await served.end()
  }

  @Test func whatIsRefusedSaysWhyInJSON() async throws {
    let served = try await Served()
    for (method, path, body, status) in [
      ("GET", "/nothing", nil, 404), ("GET", "/api/v1/work-items/7", nil, 404),
      ("GET", "/api/v1/why/7", nil, 404), ("GET", "/api/v1/cost?by=moon", nil, 400),
      ("GET", "/api/v1/events?since=yesterday", nil, 400), ("PUT", "/healthz", "x", 405),
      ("GET", "/api/v1/events?kind=moon", nil, 400),
      ("GET", "/api/v1/runs/r1/log?from=here", nil, 400), ("POST", "/api/v1/stop", "{}", 401),
      ("POST", "/api/v1/webhooks/github", "{}", 401), ("FOO", "/", nil, 400),
    ] as [(String, String, String?, Int)] {
      let answer = try await served.ask(method, path, body: body)
      #expect(answer.status == status, "\(method) \(path)")
      #expect(answer.text.contains("\"error\""), "\(method) \(path)")
    }
    await served.end()
  }

  @Test func eventsOfOneKindAreToldAlone() async throws {
    let served = try await Served()
    let kinds = ["verdict", "run_ended", "delivered"]
    let events = kinds.map {
      #"{"at":"2026-11-28T03:10:00Z","kind":"\#($0)","key":"a/b#1","sentence":"s"}"#
    }
    let read = try JSONDecoder().decode(
      [EventReport].self, from: Data("[\(events.joined(separator: ","))]".utf8))
    served.state.contents.withLock { $0.events = read }
    func told(_ query: String) async throws -> [Bool] {
      let answer = try await served.ask("GET", "/api/v1/events" + query).text
      return kinds.map { answer.contains("\"\($0)\"") }
    }
    #expect(try await told("") == [true, true, true])
    #expect(try await told("?kind=run_ended") == [false, true, false])
    await served.end()
  }

  @Test func aTranscriptMayBeginBeforeItsEnd() async throws {
    let served = try await Served()
    let answer = try await served.ask("GET", "/api/v1/runs/r1/log?from=-65536")
    #expect(answer.status == 200)
    #expect(served.state.contents.withLock { $0.places } == [-65536])
    await served.end()
  }

  @Test func aCallForATickIsPendingUntilItLooked() async throws {
    let served = try await Served()
    #expect(try await served.ask("GET", "/api/v1/state").text.contains("\"pending_refresh\":false"))
    let taken = try await served.ask("POST", "/api/v1/refresh", headers: Served.token)
    #expect(taken.status == 200)
    #expect(try await served.ask("GET", "/api/v1/state").text.contains("\"pending_refresh\":true"))
    await served.end()
  }

  @Test func ordersAreReadStrictly() async throws {
    let served = try await Served()
    func stop(_ body: String, type: String? = "application/json") async throws -> Int {
      let types = type.map { [(name: "Content-Type", value: $0)] } ?? []
      return try await served.ask(
        "POST", "/api/v1/stop", body: body, headers: Served.token + types
      ).status
    }
    #expect(try await stop(#"{"issues": ["acme/app#1"], "reason": "wrong branch"}"#) == 200)
    #expect(try await stop(#"{"all": true}"#) == 200)
    for body in ["{}", "[1]", "{"] { #expect(try await stop(body) == 400, "\(body)") }
    #expect(try await stop(#"{"issues": ["1"], "all": true}"#) == 400)
    #expect(try await stop(#"{"all": true, "until": "2030-01-01T00:00:00Z"}"#) == 400)
    #expect(try await stop(#"{"all": true, "force": true}"#) == 400)
    #expect(try await stop("all=true", type: "application/x-www-form-urlencoded") == 415)
    #expect(try await stop("\"" + String(repeating: "a", count: 70_000) + "\"") == 413)
    // Whoever means some issues must not pause all.
    for (command, body) in [
      ("pause", #"{"issues": ["1"]}"#), ("pause", #"{"all": true}"#),
      ("resume", #"{"issues": []}"#),
    ] {
      let answer = try await served.ask(
        "POST", "/api/v1/" + command, body: body, headers: Served.token)
      #expect(answer.status == 400, "\(command) \(body)")
    }
    let orders = served.state.contents.withLock { $0.orders }
    #expect(
      orders == [
        SteeringOrder(.stop, issues: ["acme/app#1"], reason: "wrong branch"),
        SteeringOrder(.stop, all: true),
      ])
    await served.end()
  }

  @Test func aTokenThatWasReplacedIsNoLongerGood() async throws {
    let served = try await Served()
    func pause(_ token: String) async throws -> Int {
      try await served.ask(
        "POST", "/api/v1/pause", headers: [(name: "Authorization", value: "Bearer " + token)]
      ).status
    }
    #expect(try await pause("t0ken") == 200)
    served.endpoints.adopt(Served.settings("n3w"))
    #expect(try await pause("t0ken") == 401)
    #expect(try await pause("n3w") == 200)
    await served.end()
  }

  @Test func onlyWhoIsTrustedHasTheTrackerAsked() async throws {
    let served = try await Served()
    let without = try await served.ask("GET", "/api/v1/why/7")
    let with = try await served.ask("GET", "/api/v1/why/7", headers: Served.token)
    #expect(without.text.contains("not asked") && !with.text.contains("not asked"))
    await served.end()
  }

  @Test func aBurstOfWebhooksIsWrittenInGroups() async throws {
    let served = try await Served()
    let body = "{}"
    let signature = Served.signature(body)
    try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<60 {
        group.addTask {
          try await served.ask(
            "POST", "/api/v1/webhooks/github", body: body,
            headers: [
              (name: "X-Hub-Signature-256", value: signature),
              (name: "X-GitHub-Event", value: "issues"),
              (name: "X-GitHub-Delivery", value: "id-\(number % 30)"),
            ]
          ).status
        }
      }
      for try await status in group { #expect(status == 200) }
    }
    let contents = served.state.contents.withLock { $0 }
    #expect(contents.seen.count == 30 && contents.writes <= 60)
    try await eventually("a tick for each that was new") {
      served.state.contents.withLock { $0.ticks } == 30
    }
    await served.end()
  }

  /// It is answered before the stream begins.
  @Test func aStreamOfNothingIsRefused() async throws {
    let served = try await Served()
    for path in ["/api/v1/events?item=nope", "/api/v1/runs/r2/log"] {
      let answer = try await served.ask("GET", path, headers: Served.asStream)
      #expect(answer.status == 404 && answer.text.contains("\"error\""), "\(path)")
    }
    await served.end()
  }

  @Test func aTranscriptStreamsToItsEnd() async throws {
    let served = try await Served()
    let answer = try await served.ask(
      "GET", "/api/v1/runs/r1/log", headers: Served.asStream)
    #expect(
      answer.text
        == "data: {\"kind\":\"said\",\"text\":\"a\\nb\"}\n\nevent: end\ndata: {}\n\n")
    await served.end()
  }

  @Test func aStreamTellsOnceOfEachChange() async throws {
    let served = try await Served()
    let socket = try await served.openStream()
    let event = try ReportJSON.read(
      """
      {"at":"2026-11-30T01:00:00Z","kind":"verdict","key":"acme/app#1","code":"queued",
       "sentence":"it waits","run":null,"cost_usd":null}
      """, as: EventReport.self)
    served.state.contents.withLock { contents in
      contents.events = [event]
      contents.version = 1
    }
    let first = try await Blocking.run { try Raw.read(socket, until: "event: state") }
    #expect(first.matches(of: #/event: event/#).count == 1)
    #expect(first.contains("acme/app#1"))
    // Another version of the state without a new event.
    served.state.contents.withLock { $0.version = 2 }
    let second = try await Blocking.run { try Raw.read(socket, until: "event: state") }
    #expect(!second.contains("event: event"))
    close(socket)
    await served.end()
  }
}
