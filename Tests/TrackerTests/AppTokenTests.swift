// A GitHub App: its signature, its installation, its tokens, and a sentence for each mistake. No
// secret shows in any of them.
import FoundationEssentials
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Synchronization
import Testing

@testable import SymphonyTrackers

@Suite struct AppTokenTests {
  private let server = AppServer()
  private let url = "https://api.github.com/repos/acme/app"
  private let made = "POST /app/installations/2001/access_tokens"
  private let found = "GET /repos/acme/app/installation"
  private let read = "GET /repos/acme/app"

  private func client(
    now: @autoclosure @escaping @Sendable () -> Timestamp = noon,
    cache: MemoryCache = MemoryCache(),
    runtimeDirectory: String? = nil, installation: String? = nil, key: String = AppFixtures.key,
    _ change: (inout TrackerPolicy) -> Void = { _ in }
  ) -> GitHubClient {
    makeClient(server, cache: cache, now: now(), runtimeDirectory: runtimeDirectory) { policy in
      AppFixtures.policy(&policy, installation: installation, key: key)
      change(&policy)
    }
  }

  private func ask(_ client: GitHubClient) async -> TrackerError? {
    await failure { () async throws(TrackerError) in
      _ = try await client.get(url, as: Structure.self)
    }
  }

  @Test func theInstallationIsFoundAndItsTokenUsed() async throws {
    let client = client()
    #expect(await ask(client) == nil)
    #expect(await ask(client) == nil)
    #expect(server.asked == [found, made, read, read])
    #expect(server.bearers.last == AppServer.token(1))
    #expect(AppServer.token(1).count > 500)
    let claims = try #require(server.bearers.first.flatMap { Claims(of: $0) })
    let seconds = noon.milliseconds / 1000
    #expect(claims.iat == seconds - 60)
    #expect(claims.exp == seconds + 540)
    #expect(claims.iss == .string("Iv23liTest"))
  }

  @Test func aRunsTokenReachesItsRepositoryOnly() async throws {
    let cache = MemoryCache()
    let git = CredentialOrder(
      repository: RepositoryName(owner: "acme", name: "app"), isForAgent: false)
    _ = try await client(cache: cache).credential(git)
    #expect(
      server.bodies.last == """
        {"permissions":{"contents":"write","metadata":"read","workflows":"write"},\
        "repositories":["app"]}
        """)
    // An installation that was not given `workflows` gets none: asked once, then remembered.
    server.change { $0.refused = "workflows" }
    for requests in [2, 1] {
      let before = server.asked.count
      _ = try await client(cache: cache).credential(git)
      #expect(server.asked.dropFirst(before).count == requests)
      #expect(
        server.bodies.last == """
          {"permissions":{"contents":"write","metadata":"read"},"repositories":["app"]}
          """)
    }
    var agents = git
    agents.isForAgent = true
    _ = try await client(cache: cache).credential(agents)
    #expect(server.bodies.last?.contains("\"issues\":\"write\",\"metadata\"") == true)
    #expect(server.bodies.last?.contains("\"pull_requests\":\"write\"") == true)
    // Each launch has its own, and what the surveys use is another.
    #expect(Set(server.bearers.filter { $0.hasPrefix("ghs_") }).isEmpty)
    server.change { $0.refused = "contents" }
    let error = await failure { () async throws(TrackerError) in
      _ = try await client(cache: cache).credential(git)
    }
    #expect(error?.code == "tracker_forbidden")
    #expect(error?.sentence.contains("contents: write") == true)
  }

  @Test func theInstallationIsRememberedFromTickToTick() async {
    let cache = MemoryCache()
    for asked in [[found, made, read], [made, read]] {
      server.world.withLock { $0.log = [] }
      #expect(await ask(client(cache: cache)) == nil)
      #expect(server.asked == asked)
    }
    // Installed anew, under another id.
    let old = "/app/installations/1999/access_tokens"
    server.world.withLock { world in
      world.log = []
      world.answers[old] = (404, "{\"message\":\"Not Found\"}")
    }
    let client = client(cache: cache)
    TrackerMemory(cache, identity: client.tokens.identity)
      .write("symphony:installation:https://api.github.com", "1999")
    #expect(await ask(client) == nil)
    #expect(server.asked == ["POST \(old)", found, made, read])
  }

  @Test func aGivenInstallationIsNotLookedFor() async {
    #expect(await ask(client(installation: "2001")) == nil)
    #expect(server.asked == [made, read])
  }

  @Test func aBoardsInstallationIsItsOwners() async {
    for (scope, path) in [(BoardPolicy.Scope.organization, "orgs"), (.user, "users")] {
      let client = client { policy in
        policy.repository = nil
        policy.board = BoardPolicy(owner: "acme", number: 1)
        policy.board?.scope = scope
      }
      #expect(await ask(client) == nil)
      #expect(server.asked.contains("GET /\(path)/acme/installation"))
    }
  }

  @Test func aTokenIsRenewedBeforeItEnds() async throws {
    let time = Mutex(noon)
    let client = client(now: time.withLock { $0 })
    func at(_ minutes: Int64) {
      time.withLock { $0 = noon + .minutes(minutes) }
      server.change { $0.serverNow = noon + .minutes(minutes) }
    }
    #expect(await ask(client) == nil)
    at(54)
    #expect(await ask(client) == nil)
    #expect(server.bearers.last == AppServer.token(1))
    at(56)
    #expect(await ask(client) == nil)
    #expect(server.bearers.last == AppServer.token(2))
    // What is still good is better than nothing.
    at(113)
    server.change { $0.answers["/app/installations/2001/access_tokens"] = (502, "") }
    #expect(await ask(client) == nil)
    #expect(server.bearers.last == AppServer.token(2))
    at(150)
    let error = await ask(client)
    #expect(error?.code == "tracker_unreachable")
  }

  @Test func aRefusedTokenIsReplacedOnce() async {
    let client = client()
    #expect(await ask(client) == nil)
    server.change { $0.revoked.insert(AppServer.token(1)) }
    #expect(await ask(client) == nil)
    #expect(server.asked == [found, made, read, read, made, read])
    server.change { $0.revoked.formUnion([AppServer.token(2), AppServer.token(3)]) }
    let error = await ask(client)
    #expect(error?.code == "tracker_unauthorized")
    #expect(error?.sentence.contains("***") == true, "the server repeated the token")
    #expect(error?.sentence.contains("ghs_") == false)
    #expect(server.asked.count == 9, "once, not in a loop")
  }

  @Test(arguments: [Interval.minutes(20), .minutes(-20)])
  func aWrongClockIsCorrectedByTheFirstAnswer(_ skew: Interval) async throws {
    server.change { $0.serverNow = noon + skew }
    let client = client()
    #expect(await ask(client) == nil)
    #expect(server.asked == [found, found, made, read])
    let claims = try #require(server.bearers.dropFirst(2).first.flatMap { Claims(of: $0) })
    // The header has whole seconds.
    #expect(abs(claims.iat + 60 - (noon + skew).milliseconds / 1000) <= 1)
    // And what is left of the token is judged by the server's clock.
    #expect(await ask(client) == nil)
    #expect(server.asked.count == 5)
  }

  @Test func aTokenIsKeptOnlyInAPrivateRuntimeDirectory() async throws {
    let directory = try TemporaryDirectory("runtime")
    #expect(await ask(client(runtimeDirectory: directory.path)) == nil)
    #expect(await ask(client(runtimeDirectory: directory.path)) == nil)
    #expect(server.asked == [found, made, read, read])
    let folder = directory.file("symphony")
    let names = try Files.list(folder)
    #expect(names.count == 1)
    #expect(names.first?.hasSuffix(".token") == true)
    let kept = Files.join(folder, names.first ?? "")
    #expect(mode(kept) == "600")
    #expect(mode(folder) == "700")
    // Readable by others: not believed, and nothing is put there.
    try chmod(kept, "644")
    #expect(await ask(client(runtimeDirectory: directory.path)) == nil)
    #expect(server.asked.suffix(3) == [found, made, read])
    try chmod(folder, "755")
    #expect(await ask(client(runtimeDirectory: directory.path)) == nil)
    #expect(server.asked.suffix(3) == [found, made, read])
    #expect(await ask(client(runtimeDirectory: nil)) == nil)
    #expect(server.asked.suffix(3) == [found, made, read])
  }

  @Test func aKeptTokenThatIsRefusedIsForgotten() async throws {
    let directory = try TemporaryDirectory("runtime")
    #expect(await ask(client(runtimeDirectory: directory.path)) == nil)
    server.change { $0.revoked.insert(AppServer.token(1)) }
    #expect(await ask(client(runtimeDirectory: directory.path)) == nil)
    #expect(await ask(client(runtimeDirectory: directory.path)) == nil)
    #expect(server.bearers.suffix(2) == [AppServer.token(2), AppServer.token(2)])
  }

  private func mode(_ path: String) -> String? {
    let found = try? CapturedCommand.run(
      ["stat", "-c", "%a", path], environment: Host.environment, timeoutMilliseconds: 10_000)
    return found?.output.trimmingWhitespace()
  }
  private func chmod(_ path: String, _ mode: String) throws {
    _ = try CapturedCommand.run(
      ["chmod", mode, path], environment: Host.environment, timeoutMilliseconds: 10_000)
  }

  @Test func answersOutliveTheToken() async throws {
    let cache = MemoryCache()
    #expect(await ask(client(cache: cache)) == nil)
    let later = client(cache: cache)
    let page = try await later.get(url, as: Structure.self, .cachedOnly)
    #expect(page.value["full_name"] == .string("acme/app"))
    let other = client(cache: cache) { $0.app?.id = "another" }
    await #expect(throws: TrackerError.self) {
      try await other.get(url, as: Structure.self, .cachedOnly)
    }
  }

  @Test(arguments: [
    ("/repos/acme/app/installation", 404, "Not Found", "is not installed on acme/app"),
    ("/repos/acme/app/installation", 404, "Integration not found", "knows no App Iv23liTest"),
    (
      "/repos/acme/app/installation", 401, "A JSON web token could not be decoded",
      "refused GitHub App Iv23liTest's signature"
    ),
    (
      "/app/installations/2001/access_tokens", 403, "This installation has been suspended",
      "is suspended"
    ),
    ("/app/installations/2001/access_tokens", 404, "Not Found", "has no installation 2001"),
  ])
  func eachMistakeHasItsSentence(
    _ path: String, _ status: Int, _ message: String, _ words: String
  ) async {
    server.change { $0.answers[path] = (status, "{\"message\":\"\(message)\"}") }
    let client = client()
    let error = await ask(client)
    #expect(error?.code == "tracker_misconfigured")
    #expect(error?.sentence.contains(words) == true, "\(error?.sentence ?? "")")
    #expect(error?.hint?.isEmpty == false)
    let count = server.asked.count
    _ = await ask(client)
    #expect(server.asked.count == count, "the same mistake is not made twice in a tick")
  }

  @Test func keysThatCannotBeReadAreNamedAndNotShown() async {
    let body = "MIIEpAIBAAKCAQEA7secretsecret"
    for (key, words) in [
      ("", "it is empty"), ("/etc/app.pem", "not in PEM format"),
      ("-----BEGIN PUBLIC KEY-----\n\(body)\n-----END PUBLIC KEY-----", "a public key"),
      ("-----BEGIN ENCRYPTED PRIVATE KEY-----\n\(body)\n", "passphrase"),
      ("-----BEGIN OPENSSH PRIVATE KEY-----\n\(body)\n", "an SSH key"),
      ("-----BEGIN RSA PRIVATE KEY-----\n\(body)", "its end is missing"),
      (
        "-----BEGIN RSA PRIVATE KEY-----\n\(body)\n-----END RSA PRIVATE KEY-----",
        "or it is damaged"
      ),
    ] {
      let error = await ask(client(key: key))
      #expect(error?.code == "tracker_misconfigured")
      #expect(error?.sentence.contains(words) == true, "\(error?.sentence ?? "")")
      #expect(error?.sentence.contains("MIIE") == false)
      #expect(error?.hint?.contains("MIIE") == false)
    }
    #expect(server.asked.isEmpty)
  }

  @Test func aKeyInOneLineOfAnEnvironmentFileWorks() async {
    #expect(await ask(client(key: AppFixtures.key.replacing("\n", with: "\\n"))) == nil)
  }

  @Test func doctorNamesWhatTheInstallationLacks() async {
    let client = client { $0.board = BoardPolicy(owner: "acme", number: 1) }
    var policy = TrackerPolicy()
    AppFixtures.policy(&policy)
    policy.board = BoardPolicy(owner: "acme", number: 1)
    let findings = await client.tokenFindings(policy)
    #expect(findings.map(\.grade) == [.pass, .fail])
    #expect(
      findings.last?.text
        == "the App's installation lacks issues: write, pull_requests: write, "
        + "organization_projects: write")
    policy.board?.scope = .user
    #expect(await client.tokenFindings(policy).last?.text.contains("cannot be seen by") == true)
  }

  /// Somebody else's implementation checks ours.
  @Test(.enabled(if: Spawn.find("openssl", environment: Host.environment) != nil))
  func theSignatureIsRS256() throws {
    let directory = try TemporaryDirectory("jwt")
    let key = try directory.write("key.pem", AppFixtures.key + "\n")
    let signer = try AppSigner(AppPolicy(id: "1001", privateKey: Secret(AppFixtures.key)))
    let token = try signer.token(at: noon).reveal()
    #expect(Claims(of: token)?.iss == .integer(1001))
    let parts = token.split(separator: ".").map(String.init)
    try directory.write("content", parts[0] + "." + parts[1])
    try directory.write("signature.b64", Self.padded(parts[2]))
    let script = """
      openssl rsa -in "\(key)" -pubout -out pub.pem 2>/dev/null &&
      openssl base64 -d -A -in signature.b64 -out signature &&
      openssl dgst -sha256 -verify pub.pem -signature signature content
      """
    let checked = try CapturedCommand.run(
      ["sh", "-c", script], environment: Host.environment, directory: directory.path,
      timeoutMilliseconds: 30_000)
    #expect(checked.output.contains("Verified OK"), "\(checked.output)\(checked.errorOutput)")
  }

  private static func padded(_ text: String) -> String {
    let plain = text.replacing("-", with: "+").replacing("_", with: "/")
    return plain + String(repeating: "=", count: (4 - plain.count % 4) % 4)
  }
}
