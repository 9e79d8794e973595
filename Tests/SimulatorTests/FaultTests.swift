// Spoiled answers as a client meets them, lost ones whose effect stays included; a clean end with
// requests still hanging; and the small things tests stand on.
// Nothing here needs a built `symphony`.
import SymphonyPlatform
import Testing

@testable import SymphonyTestSupport

@Suite("faults")
struct FaultTests {
  @Test("a status for the second and third request only")
  func status() async throws {
    try await withSimulator { github in
      let rule = github.add(
        Fault(
          .status(503, headers: ["Retry-After": "7"]), method: "GET", path: "^/user$", skip: 1,
          times: 2))
      var seen: [Int] = []
      for _ in 0..<4 { seen.append(try await github.curl("/user").status) }
      #expect(seen == [200, 503, 503, 200])
      #expect(github.timesFired(rule) == 2)
      #expect(try await github.curl("/repos/acme/app").status == 200)
      github.add(Fault(.secondaryLimit(retryAfter: 60), path: "/user"))
      let limited = try await github.curl("/user")
      #expect(limited.status == 403 && limited.headers["retry-after"] == "60")
      #expect(try limited.decoded(Message.self).message.contains("secondary rate limit"))
    }
  }

  @Test("a reset before the write leaves nothing, a reset after it leaves the write")
  func lostAnswers() async throws {
    try await withSimulator { github in
      let number = github.createIssue(title: "One")
      let path = "/repos/acme/app/issues/\(number)/comments"
      github.add(Fault(.reset, method: "POST", path: "/comments$"))
      github.add(Fault(.reset, method: "POST", path: "/comments$", after: true))
      let first = try await github.curl(path, method: "POST", json: #"{"body":"A"}"#)
      #expect(first.status == 0 && !first.curlExit.isSuccess)
      #expect(github.comments(number).isEmpty && github.writeCount == 0)
      let second = try await github.curl(path, method: "POST", json: #"{"body":"B"}"#)
      #expect(second.status == 0 && !second.curlExit.isSuccess)
      #expect(github.comments(number).map(\.body) == ["B"])
      #expect(github.writeCount == 1 && github.requestLog.map(\.status) == [0, 0])
      github.add(Fault(.html502, method: "POST", path: "/comments$", after: true))
      let third = try await github.curl(path, method: "POST", json: #"{"body":"C"}"#)
      #expect(third.status == 502 && third.body.contains("<html>"))
      #expect(github.comments(number).count == 2)
    }
  }

  @Test("a stale 304 hides a change, once")
  func stale() async throws {
    try await withSimulator { github in
      let path = "/repos/acme/app/issues"
      let tag = try #require(try await github.curl(path).headers["etag"])
      github.createIssue(title: "New")
      github.add(Fault(.stale304, path: "/issues"))
      #expect(try await github.curl(path, headers: ["If-None-Match: \(tag)"]).status == 304)
      #expect(try await github.curl(path, headers: ["If-None-Match: \(tag)"]).status == 200)
    }
  }

  @Test("bodies cut short, broken off and dribbling")
  func bodies() async throws {
    try await withSimulator { github in
      let whole = try await github.curl("/repos/acme/app").body
      github.add(Fault(.truncated, path: "/repos"))
      let cut = try await github.curl("/repos/acme/app")
      #expect(cut.status == 200 && cut.curlExit.isSuccess)
      #expect(whole.hasPrefix(cut.body) && cut.body.utf8.count == whole.utf8.count * 3 / 5)
      github.add(Fault(.resetMidBody, path: "/repos"))
      let broken = try await github.curl("/repos/acme/app")
      #expect(!broken.curlExit.isSuccess && broken.body.utf8.count < whole.utf8.count)
      github.add(Fault(.slow(milliseconds: 5), path: "/repos"))
      #expect(try await github.curl("/repos/acme/app").body == whole)
    }
  }

  @Test("a held request waits for its release and is then carried out")
  func hold() async throws {
    try await withSimulator { github in
      let path = "/repos/acme/app/issues"
      github.add(Fault(.hang(), method: "POST", path: "/issues$"))
      async let waiting = github.curl(path, method: "POST", json: #"{"title":"Held"}"#)
      try await eventually("the request is held") { github.heldCount == 1 }
      #expect(github.issues.isEmpty)
      #expect(try await github.curl("/user").status == 200)
      github.releaseHeld()
      #expect(try await waiting.status == 201)
      #expect(github.issues.count == 1 && github.maximumConcurrentRequests == 2)
      github.add(Fault(.hang(seconds: 0.05), path: "/user"))
      #expect(try await github.curl("/user").status == 200)
    }
  }

  @Test("a client that gave up changes nothing")
  func abandoned() async throws {
    try await withSimulator { github in
      github.add(Fault(.hang(), method: "POST", path: "/issues$"))
      let gone = try await github.curl(
        "/repos/acme/app/issues", method: "POST", json: #"{"title":"Held"}"#, seconds: 1)
      #expect(gone.curlExit == .exited(28))
      try await eventually("its going is noticed") { github.requestCount == 1 }
      #expect(github.heldCount == 0)
      #expect(github.issues.isEmpty && github.writeCount == 0)
    }
  }

  @Test("a git remote that never answers ends with the simulator, whose directory goes")
  func neverAnswers() async throws {
    let github = try await GitHubSimulator.start()
    let directory = github.git.path
    github.add(Fault(.hang(), path: "^/acme/app.git/", times: Fault.always))
    let url = github.cloneURL
    let environment = github.gitEnvironment
    async let waiting = Blocking.run {
      Git.attempt(["ls-remote", url], in: "/", environment: environment)
    }
    try await eventually("git waits") { github.heldCount == 1 }
    await github.stop()
    let ended = try await waiting
    #expect(!ended.exit.isSuccess && !ended.timedOut)
    #expect(!Files.exists(directory))
    #expect(try await github.curl("/user").curlExit == .exited(7))
  }
}

@Suite("what tests stand on")
struct FoundationTests {
  @Test("a temporary directory goes with its last reference")
  func temporaryDirectory() throws {
    var path = ""
    do {
      let directory = try TemporaryDirectory()
      path = try directory.write("deep/file.txt", "text")
      #expect(try Files.readText(path) == "text")
    }
    #expect(!Files.exists(Files.parent(of: Files.parent(of: path))))
  }

  @Test("waiting fails loudly, with its place")
  func neverHappened() async throws {
    let error = await #expect(throws: NeverHappened.self) {
      try await eventually("rain", seconds: 0) { false }
    }
    #expect(error?.description.contains("rain did not come true") == true)
    #expect(error?.description.contains("FaultTests.swift") == true)
  }

  @Test("the program is found beside the tests, or the places are named")
  func binary() throws {
    let directory = try TemporaryDirectory()
    let error = #expect(throws: BinaryMissing.self) {
      try SymphonyBinary.find(in: [directory.path])
    }
    #expect(error?.description.contains(directory.path) == true)
    let program = try directory.write("symphony", "#!/bin/sh\n", mode: 0o755)
    #expect(try SymphonyBinary.find(in: ["/nonexistent", directory.path]) == program)
    #expect(SymphonyBinary.directories.contains { $0.contains("/.build/") })
  }

  @Test("a workflow file holds settings and prompt")
  func workflow() async throws {
    try await withSimulator { github in
      let directory = try TemporaryDirectory()
      let path = try WorkflowFile.write(
        in: directory.path,
        settings: WorkflowFile.settings(for: github, command: #"say "hi""#, more: "polling: {}\n"),
        prompt: "Do it.\n")
      let text = try Files.readText(path)
      #expect(text.hasPrefix("---\ntracker:\n  kind: github\n  repository: acme/app\n"))
      #expect(text.contains(#"command: "say \"hi\"""#) && text.hasSuffix("---\nDo it.\n"))
      #expect(!text.contains(github.token))
    }
  }
}
