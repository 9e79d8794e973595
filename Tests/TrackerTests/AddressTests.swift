// Where things are: URLs, proxies, the origin remote, and the token of `gh`.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyTrackers

@Suite struct AddressTests {
  @Test(arguments: [
    ("https://github.com/acme/app.git", "https://api.github.com", "acme/app"),
    ("https://user:pass@GitHub.com/acme/app/", "https://api.github.com", "acme/app"),
    ("git@github.com:acme/app.git", "https://api.github.com", "acme/app"),
    ("ssh://git@github.com:22/acme/app", "https://api.github.com", "acme/app"),
    ("ssh://git@ssh.github.com:443/acme/app.git", "https://api.github.com", "acme/app"),
    ("git@git.corp.test:team/a.b", "https://git.corp.test/api/v3", "team/a.b"),
    ("https://corp.ghe.com/o/r", "https://api.corp.ghe.com", "o/r"),
    ("http://127.0.0.1:81/acme/app.git", "http://127.0.0.1:81", "acme/app"),
    ("http://localhost:81/acme/app.git", "http://127.0.0.1:81", "acme/app"),
  ])
  func originsOnTheSameServerAreRead(_ remote: String, _ api: String, _ name: String) {
    #expect(OriginRemote.parse(remote, apiURL: api)?.description == name)
  }

  @Test(arguments: [
    ("https://gitlab.com/acme/app.git", "https://api.github.com"),
    ("https://github.com.evil.test/acme/app", "https://api.github.com"),
    ("git@github.com:acme/app.git", "https://git.corp.test/api/v3"),
    ("/srv/git/app.git", "https://api.github.com"), ("../app", "https://api.github.com"),
    ("https://github.com/acme", "https://api.github.com"),
    ("https://github.com/acme/app/more", "https://api.github.com"),
    ("http://127.0.0.1:82/acme/app.git", "http://127.0.0.1:81"),
    ("file:///srv/app.git", "https://api.github.com"),
  ])
  func otherOriginsAreNoAnswer(_ remote: String, _ api: String) {
    #expect(OriginRemote.parse(remote, apiURL: api) == nil)
  }

  @Test func theOriginBesideADirectoryIsAsked() throws {
    let directory = try TemporaryDirectory("origin")
    let plain = Git.environment.merging(["GIT_DIR": "/nonexistent"]) { $1 }
    func origin(_ more: [String: String] = [:]) -> (name: String?, why: String, hint: String) {
      do throws(TrackerError) {
        let found = try OriginRemote.repository(
          beside: directory.path, apiURL: "https://api.github.com",
          environment: plain.merging(more) { $1 })
        return (found.description, "", "")
      } catch { return (nil, error.sentence, error.hint ?? "") }
    }
    #expect(origin().why.contains("fatal: not a git repository"))
    #expect(Git.attempt(["init", "-q"], in: directory.path).exit.isSuccess)
    #expect(origin().why.contains("error: No such remote 'origin'"))
    let add = ["remote", "add", "origin", "git@github.com:acme/app.git"]
    #expect(Git.attempt(add, in: directory.path).exit.isSuccess)
    #expect(origin().name == "acme/app")
    // As if it were another user's.
    let foreign = origin(["GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"])
    #expect(foreign.name == nil && foreign.why.contains("dubious ownership"), "\(foreign)")
    #expect(foreign.hint.contains("safe.directory \(directory.path)"), "\(foreign)")
    #expect(origin(["PATH": "/nonexistent"]).why.contains("git cannot be asked"))
    let other = ["remote", "set-url", "origin", "https://user:secret@example.org/a/b"]
    #expect(Git.attempt(other, in: directory.path).exit.isSuccess)
    let elsewhere = origin()
    #expect(elsewhere.why.contains("no repository on the server of https://api.github.com"))
    #expect(!elsewhere.why.contains("secret"))
  }

  /// A mirror or a proxy is a way to the repository and not another repository.
  @Test(arguments: [
    ("https://github.com/acme/app.git", "https://github.com/", "https://mirror.test/", "acme/app"),
    ("git@github.com:acme/app.git", "git@github.com:", "https://proxy.test/gh/", "acme/app"),
    ("gh:acme/app", "gh:", "git@github.com:", "acme/app"),
    ("work://app", "work://", "https://github.com/acme/", "acme/app"),
    ("https://gitlab.com/acme/app", "https://gitlab.com/", "https://github.com/", nil),
    ("gh:acme/app", "other:", "git@github.com:", nil),
  ])
  func theOriginIsTakenAsItWasWritten(
    _ remote: String, _ prefix: String, _ base: String, _ name: String?
  ) throws {
    let directory = try TemporaryDirectory("origin")
    for arguments in [
      ["init", "-q"], ["remote", "add", "origin", remote],
      ["config", "url.\(base).insteadOf", prefix],
    ] { #expect(Git.attempt(arguments, in: directory.path).exit.isSuccess) }
    let seen = OriginRemote.look(
      beside: directory.path, apiURL: "https://api.github.com", environment: Git.environment)
    let found: String? = if case .repository(let name) = seen { name.description } else { nil }
    #expect(found == name, "\(seen)")
    if case .elsewhere(let host) = seen { #expect(host != "github.com") }
  }

  @Test func ghIsAskedForTheHostOfTheAPI() throws {
    let directory = try TemporaryDirectory("gh")
    try directory.write(
      "gh", "#!/bin/sh\n[ \"$*\" = \"auth token --hostname git.corp.test\" ] && echo gho_x\n",
      mode: 0o700)
    let environment = ["PATH": "\(directory.path):/usr/bin:/bin"]
    let found = TokenFallback.ghToken(
      apiURL: "https://git.corp.test/api/v3", environment: environment)
    #expect(found?.0.reveal() == "gho_x")
    #expect(found?.1 == "gh auth token (git.corp.test)")
    #expect(
      TokenFallback.ghToken(apiURL: "https://api.github.com", environment: environment) == nil)
    #expect(
      TokenFallback.ghToken(
        apiURL: "https://api.github.com", environment: ["PATH": "/nonexistent"]) == nil)
  }

  @Test func proxiesFollowTheEnvironment() {
    func choice(_ url: String, _ environment: [String: String]) -> String? {
      ProxyChoice.make(url: url, environment: environment).map { "\($0.host):\($0.port)" }
    }
    let url = "https://api.github.com"
    #expect(choice(url, [:]) == nil)
    #expect(choice(url, ["HTTPS_PROXY": "http://proxy.test:3128"]) == "proxy.test:3128")
    #expect(choice(url, ["https_proxy": "proxy.test:1"]) == "proxy.test:1")
    #expect(choice(url, ["ALL_PROXY": "http://proxy.test:9/"]) == "proxy.test:9")
    #expect(choice("http://h.test", ["HTTP_PROXY": "http://proxy.test:1"]) == nil)
    #expect(choice("http://h.test", ["http_proxy": "http://proxy.test:1"]) == "proxy.test:1")
    for exempt in ["*", "github.com", ".github.com", "x, api.github.com:443"] {
      #expect(choice(url, ["HTTPS_PROXY": "http://p:1", "NO_PROXY": exempt]) == nil, "\(exempt)")
    }
    for other in ["hub.com", "api.github.com:80", ""] {
      #expect(choice(url, ["HTTPS_PROXY": "http://p:1", "NO_PROXY": other]) == "p:1", "\(other)")
    }
    let proxy = ProxyChoice.make(url: url, environment: ["HTTPS_PROXY": "http://u:p%40@h:1"])
    #expect(proxy?.user == "u:p@")
  }

  @Test func addressesAreTakenApart() {
    #expect(WebAddress("https://[::1]:8/x")?.authority == "[::1]:8")
    #expect(WebAddress("https://h")?.origin == "https://h/")
    #expect(WebAddress("https://h:99999/") == nil)
    #expect(WebAddress("no url") == nil)
    #expect(WebAddress.encode("a/b c\u{E9}") == "a%2Fb%20c%C3%A9")
    #expect(WebAddress.decode("a%2Fb%zz%") == "a/b%zz%")
  }
}
