// Logs of failed jobs: from another host and never with our token, however long, whatever is in
// them.
import SymphonyCore
import SymphonyTestSupport
import Testing

@testable import SymphonyTrackers

@Suite struct FollowLogTests {
  private static let stamp = "2026-11-20T10:00:00.1234567Z "

  private func read(_ world: FollowWorld, _ log: SimulatedLog) async throws
    -> (log: CheckLog?, survey: Survey)
  {
    world.simulator.setChecks([.job("unit", "failure", log: log)], branch: FollowWorld.branch)
    let job = Int64(world.simulator.checks(of: world.head)[0].id)
    let survey = await world.tracker().confirm([
      world.watched(FollowWorld.question(wantsConversation: true, jobs: [job]))
    ])
    #expect(survey.views.count == 1, "a log costs no view: \(survey.notices)")
    return (survey.logs[job], survey)
  }

  @Test func aLogComesFromAnotherHostWithoutOurToken() async throws {
    let world = try await FollowWorld()
    let lines = ["##[group]Run tests", "\u{1B}[31mred\u{1B}[0m", "##[error]boom", "after"]
    let text = "\u{FEFF}" + lines.map { Self.stamp + $0 + "\r\n" }.joined()
    let found = try #require(try await read(world, .text(text)).log)
    #expect(found.whole == "##[group]Run tests\nred\n##[error]boom\nafter")
    #expect(found.excerpt == found.whole)
    let elsewhere = world.requests.filter { !$0.url.hasPrefix(world.simulator.apiURL) }
    #expect(elsewhere.count == 1)
    for request in elsewhere {
      #expect(request.headers.map(\.name) == ["User-Agent"])
      #expect(request.tail == CheckLog.limit)
    }
    await world.end()
  }

  /// Sixty megabytes less ten: more than we ever hold.
  @Test func anEndlessLogIsReadFromItsEnd() async throws {
    let world = try await FollowWorld(token: "ghp_thetokenofours")
    let line = Self.stamp + "\u{1B}]0;\u{7}noise \u{202E}\u{9B}2J with ghp_thetokenofours in it"
    let end = Self.stamp + "##[error]the end\n" + Self.stamp + "Cleaning up\n"
    let found = try #require(
      try await read(world, .endless(line: line, bytes: 50 << 20, end: end)).log)
    #expect(found.whole.utf8.count <= CheckLog.limit)
    #expect(found.whole.hasSuffix("##[error]the end\nCleaning up"))
    #expect(found.whole.splitLines().first == "noise  with *** in it")
    #expect(!found.whole.contains("thetokenofours"))
    #expect(found.excerpt.splitLines().count == 22)
    #expect(found.excerpt.hasSuffix("##[error]the end\nCleaning up"))
    await world.end()
  }

  @Test func whatIsTooLongIsNotReadAtAll() async throws {
    let world = try await FollowWorld()
    let result = try await read(world, .endless(line: "x", bytes: 70 << 20, end: ""))
    #expect(result.log == nil)
    #expect(result.survey.notices.contains { $0.contains("larger than 64 MB") })
    await world.end()
  }

  @Test(arguments: [SimulatedLog.missing, .expired, .text(""), .text("\n\n")])
  func aJobWithoutALogIsNoError(_ log: SimulatedLog) async throws {
    let world = try await FollowWorld()
    let result = try await read(world, log)
    #expect(result.log == nil)
    #expect(result.survey.notices.isEmpty, "\(result.survey.notices)")
    await world.end()
  }

  @Test(arguments: [
    "file:///etc/passwd", "ftp://127.0.0.1/x", "http://192.0.2.1/x", "https://a:b@192.0.2.1/x",
    "/stored/x", "",
  ])
  func nobodySendsUsAnywhere(_ place: String) async throws {
    let world = try await FollowWorld()
    let result = try await read(world, .elsewhere(place))
    #expect(result.log == nil)
    #expect(result.survey.notices.contains { $0.contains("is not asked") })
    #expect(world.requests.allSatisfy { $0.url.hasPrefix(world.simulator.apiURL) })
    await world.end()
  }

  /// A server in the world must not make us ask what listens on this machine.
  @Test func aDistantServerNamesNoPlaceOnThisMachine() async throws {
    for (place, isAsked) in [
      ("https://127.0.0.1/x", false), ("https://localhost/x", false),
      ("http://store.test/x", false),
      ("https://store.test/x", true),
    ] {
      let transport = FakeTransport { request throws(TransportError) in
        if request.url.contains("/actions/jobs/") {
          return .json("", status: 302, [(name: "Location", value: place)])
        }
        return HTTPTransportResponse(status: 200, headers: [], body: Array("words\n".utf8))
      }
      let logs = CheckLogs(tracker: makeTracker(transport))
      let log = await Result { () async throws in try await logs.read(1, in: FollowWorld.home) }
      #expect((try? log.get())??.whole == (isAsked ? "words" : nil), "\(place)")
      #expect(transport.requests.count == (isAsked ? 2 : 1))
      for request in transport.requests.dropFirst() {
        #expect(request.header("Authorization") == nil)
      }
    }
  }

  @Test func theStoreSendsUsNoFurther() async throws {
    let transport = FakeTransport { _ throws(TransportError) in
      .json("", status: 302, [(name: "Location", value: "https://store.test/x")])
    }
    let logs = CheckLogs(tracker: makeTracker(transport))
    #expect(try await logs.read(1, in: FollowWorld.home) == nil)
    #expect(transport.requests.count == 2)
  }

  @Test func onlyTheEndOfABodyIsKept() async throws {
    let server = try RawServer()
    for size in [0, 1, 9, 10, 11, 20, 21, 100_000] {
      let body = (0..<size).map { UInt8(97 + $0 % 26) }
      let head = Array("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n".utf8)
      let transport = CurlTransport(url: "http://127.0.0.1:\(server.port)", environment: [:])
      async let served: Void = server.answer(head + body)
      var request = HTTPTransportRequest(
        method: "GET", url: "http://127.0.0.1:\(server.port)/x", headers: [], body: nil,
        timeoutMilliseconds: 30_000)
      request.tail = 10
      let answer = try await transport.send(request)
      try await served
      #expect(answer.body == Array(body.suffix(10)), "\(size)")
      await transport.close()
    }
  }

  // MARK: The text

  @Test func theExcerptHasTheCauseAndTheEnd() throws {
    let noise = (1...500).map { "line \($0)" }
    let lines = noise + ["##[error]first", "##[error]second"] + noise.map { "late " + $0 }
    let excerpt = try #require(CheckLogText.log(lines)).excerpt.splitLines().map(String.init)
    #expect(excerpt.count == 100)
    #expect(
      Array(excerpt.prefix(22)) == (481...500).map { "line \($0)" } + ["##[error]first", "[...]"])
    #expect(Array(excerpt.suffix(78)) == (423...500).map { "late line \($0)" })
    let plain = try #require(CheckLogText.log(noise)).excerpt.splitLines()
    #expect(plain.count == 100)
    #expect(plain.last == "line 500")
    let wide = try #require(CheckLogText.log(lines.map { $0 + String(repeating: "x", count: 900) }))
    #expect(wide.excerpt.utf8.count <= 8 << 10)
    #expect(wide.excerpt.contains("##[error]first"))
  }

  @Test func aLineIsCutBetweenWords() {
    let secret = "ghp_" + String(repeating: "a1", count: 20)
    let long = String(repeating: "word ", count: 398) + secret + " " + secret
    let text = CheckLogText(Array((long + "\n" + secret).utf8), isCut: false)
    #expect(text.lines.count == 2)
    #expect(text.lines[0].hasSuffix("word [...]"))
    #expect(text.lines[1] == "***")
    let torn = CheckLogText(Array("rn\nwhole\n".utf8), isCut: true)
    #expect(torn.lines == ["whole"])
    let stamped = CheckLogText(
      Array("\(Self.stamp)\(Self.stamp)x\n2026-11-20 y".utf8), isCut: false)
    #expect(stamped.lines == ["\(Self.stamp)x", "2026-11-20 y"])
  }
}

extension Swift.Result where Failure == any Error {
  fileprivate init(_ body: () async throws -> Success) async {
    do { self = .success(try await body()) } catch { self = .failure(error) }
  }
}
