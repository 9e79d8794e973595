// What a server names is used only where it is the server's own: clone addresses, branches, pages,
// people. Every hostile value goes through the tracker's front, the way an answer comes in.
import SymphonyCore
import Testing

@testable import SymphonyTrackers

@Suite struct ServedFactsTests {
  private static func facts(
    _ cloneURL: String, branch: String = "main", page: String = "https://github.com/acme/app"
  ) -> RepositoryFacts {
    RepositoryFacts(
      name: RepositoryName(owner: "acme", name: "app"), defaultBranch: branch, cloneURL: cloneURL,
      credentialScope: nil, isPrivate: true, htmlURL: page)
  }

  private static func served(
    _ api: String = "https://api.github.com", insists: Bool = false
  ) -> ServedFacts {
    var policy = TrackerPolicy()
    policy.apiURL = api
    policy.allowsInsecureHTTP = insists
    return ServedFacts(policy: policy)
  }

  private static func refusal(_ served: ServedFacts, _ facts: RepositoryFacts) -> TrackerError? {
    do throws(TrackerError) { _ = try served.checked(facts) } catch { return error }
    return nil
  }

  @Test(arguments: [
    ("https://api.github.com", "https://github.com/acme/app.git", "https://github.com/"),
    ("https://api.github.com", "https://github.com:443/Acme/App", "https://github.com:443/"),
    ("https://ghe.test/api/v3", "https://ghe.test/acme/app.git", "https://ghe.test/"),
    (
      "https://ghe.test:8443/api/v3", "https://ghe.test:8443/acme/app.git", "https://ghe.test:8443/"
    ),
    ("https://ghe.test:8443/api/v3", "https://ghe.test/acme/app.git", "https://ghe.test/"),
    ("https://api.corp.ghe.com", "https://corp.ghe.com/acme/app.git", "https://corp.ghe.com/"),
    ("http://127.0.0.1:81", "http://127.0.0.1:81/acme/app.git", "http://127.0.0.1:81/"),
    ("http://127.0.0.1:81", "http://localhost:81/acme/app.git", "http://localhost:81/"),
    ("http://[::1]:81", "http://[::1]:81/acme/app.git", "http://[::1]:81/"),
  ])
  func theServersOwnPlaceIsTaken(_ api: String, _ url: String, _ scope: String) throws {
    let checked = try Self.served(api).checked(Self.facts(url))
    #expect(checked.cloneURL == url)
    #expect(checked.credentialScope == scope)
  }

  static let hostile = [
    "--upload-pack=id>/tmp/x;#://github.com/acme/app.git", "-c core.sshCommand=id",
    "ext::sh -c id%", "ext::sh -c id #://github.com/acme/app.git", "fd::17", "file:///srv/app.git",
    "file:/srv/app.git", "/srv/app.git", "../app.git", "git@github.com:acme/app.git",
    "ssh://git@github.com/acme/app.git", "ssh://-oProxyCommand=id/acme/app.git",
    "git://github.com/acme/app.git", "ftp://github.com/acme/app.git", "",
    "https://evil.test/acme/app.git", "https://github.com.evil.test/acme/app.git",
    "https://evilgithub.com/acme/app.git", "https://api.github.com/acme/app.git",
    "https://github.com@evil.test/acme/app.git", "https://evil.test\\@github.com/acme/app.git",
    "https://u:p@github.com/acme/app.git", "https://@github.com/acme/app.git",
    "https://github.com:8080/acme/app.git", "https://github.com:x/acme/app.git",
    "https://[github.com]evil.test/acme/app.git", "https://[github.com]/acme/app.git",
    "https://github.com%2eevil.test/acme/app.git", "https://github.com./acme/app.git",
    "https://g\u{131}thub.com/acme/app.git", "https://github.com\t/acme/app.git",
    "https://github.com/acme/app.git\n--upload-pack=id", "https://github.com/acme/app.git ",
    "https://github.com/acme/app.git?a=b", "https://github.com/acme/app.git#x",
    "https://github.com/acme/../evil/app.git", "https://github.com//acme/app.git",
    "https://github.com/acme/app.git/..", "https://github.com/acme/other.git",
    "https://github.com/acme%2fapp.git", "https://github.com", "HTTPS://", "://github.com/acme/app",
    "https://github.com/acme/app.git\u{1B}[2J", "https:///acme/app.git",
  ]

  @Test(arguments: hostile)
  func insteadOfAnyOtherPlaceTheServersOwnIsUsed(_ url: String) throws {
    let checked = try Self.served().checked(Self.facts(url))
    #expect(checked.cloneURL == "https://github.com/acme/app.git")
    #expect(checked.credentialScope == "https://github.com/")
    let remark = try #require(checked.remark)
    #expect(remark.contains("acme/app is cloned from"))
    #expect(remark.hasSuffix("; https://github.com/acme/app.git is used"))
    #expect(remark.unicodeScalars.allSatisfy { !$0.isInvisible })
    #expect(!remark.contains("u:p@"))
  }

  @Test(arguments: [
    ("https://ghe.test:8443/api/v3", "https://ghe.test:8443/acme/app.git"),
    ("https://api.corp.ghe.com", "https://corp.ghe.com/acme/app.git"),
    ("http://[::1]:81", "http://[::1]:81/acme/app.git"),
  ])
  func theServersOwnPlaceFollowsFromItsAPI(_ api: String, _ place: String) throws {
    #expect(try Self.served(api).checked(Self.facts("https://x.test/y")).cloneURL == place)
    let believed = try Self.served(api).checked(Self.facts(place))
    #expect(believed.cloneURL == place && believed.remark == nil)
  }

  @Test func plainHTTPNeedsTheWorkflowsWord() throws {
    let http = Self.facts("http://github.com/acme/app.git")
    #expect(try Self.served().checked(http).cloneURL == "https://github.com/acme/app.git")
    #expect(try Self.served(insists: true).checked(http).credentialScope == "http://github.com/")
    // A name that looks like this machine's is not.
    let api = "http://127.evil.test:81"
    let alike = Self.facts("http://127.evil.test:81/acme/app.git")
    let error = try #require(Self.refusal(Self.served(api), alike))
    #expect(error.code == "tracker_misconfigured")
    #expect(error.hint?.contains("github.allow_insecure_http: true") == true)
    #expect(try Self.served(api, insists: true).checked(alike).cloneURL == alike.cloneURL)
    // Another port of this machine is another user's server.
    let local = Self.served("http://127.0.0.1:81")
    for url in ["http://127.0.0.1:82/acme/app.git", "http://127.0.0.1/acme/app.git"] {
      let checked = try local.checked(Self.facts(url))
      #expect(checked.cloneURL == "http://127.0.0.1:81/acme/app.git" && checked.remark != nil)
    }
  }

  @Test(arguments: [
    "--upload-pack=id", "-x", "a..b", "a b", "a\nb", "a~1", "a^", "a:b", "a?", "a*", "a[b", "a\\b",
    "/a", "a/", "a//b", ".a", "a/.b", "a.lock", "a.lock/b", "a.", "@", "a@{1}", "HEAD", "",
    "a\u{1B}[2Jb", "a\u{202E}b", "a\u{200B}b", "a\u{9B}b", String(repeating: "a", count: 251),
  ])
  func whatIsNoBranchIsNoDefaultBranch(_ branch: String) throws {
    #expect(!BranchName.isUsable(branch))
    let facts = Self.facts("https://github.com/acme/app.git", branch: branch)
    #expect(Self.refusal(Self.served(), facts)?.code == "tracker_untrusted")
  }

  @Test(arguments: ["main", "release/1.x", "dev@home", "über", "a-b_c+d", "feature/#12"])
  func branchesPeopleUseAreTaken(_ branch: String) throws {
    let facts = Self.facts("https://github.com/acme/app.git", branch: branch)
    #expect(Self.refusal(Self.served(), facts) == nil)
  }

  @Test(arguments: [
    "javascript:alert(1)", "https://evil.test/acme/app/pull/1", "https://github.com/x) @everyone",
    "https://github.com/x\n/close", "https://u@github.com/x", "https://github.com/<b>",
    "https://github.com/](https://evil.test", "http://github.com/x",
  ])
  func aPageElsewhereIsNoPage(_ page: String) throws {
    #expect(Self.served().page(page) == "")
  }

  @Test func pagesOfTheServerAreKept() {
    for page in ["https://github.com/acme/app/pull/1", "https://github.com/a/b#issuecomment-1"] {
      #expect(Self.served().page(page) == page)
    }
  }

  @Test func repositoriesAreNamedLikePathsNever() {
    for name in [
      "acme/..", "../app", "acme/.", "acme/a b", "acme/a\nb", "acme/a/b", "acme/", "/app", "acme",
      "acme/a\u{202E}b", "acme/a:b", "acme/\(String(repeating: "a", count: 101))", "acme/ä",
    ] {
      #expect(RepositoryName(name) == nil, "\(name)")
    }
    for name in ["acme/app", "octo_corp/.github", "a-b/c.d_e"] {
      #expect(RepositoryName(name)?.description == name)
    }
  }

  // MARK: Through the tracker's front

  private static func transport(_ repository: String, issue: String = "") -> FakeTransport {
    FakeTransport { request throws(TransportError) in
      if request.target == "/repos/acme/app" { return .json(repository) }
      if request.target.hasPrefix("/repos/acme/app/issues?") {
        return .json("[\(Bodies.issue(1, issue))]")
      }
      return .json("[]")
    }
  }

  @Test func aSurveyOfAHostileServerNamesTheServersOwnPlace() async throws {
    let said = Bodies.repository.replacing(
      "https://github.com/acme/app.git", with: "--upload-pack=id;#://github.com/acme/app")
    let tracker = makeTracker(Self.transport(said))
    let survey = await tracker.survey(SurveyQuestion(watched: [], cachedOnly: false))
    let place = "https://github.com/acme/app.git"
    #expect(survey.repositories.map(\.cloneURL) == [place])
    #expect(survey.notices.contains { $0.contains("--upload-pack=id") && $0.contains(place) })
    let name = RepositoryName(owner: "acme", name: "app")
    #expect(try await tracker.factsForDelivery(name).cloneURL == place)
  }

  @Test func peopleAndPagesOfASurveyAreTheServersOwn() async throws {
    let issue = """
      ,"html_url":"https://evil.test/1","user":{"login":"mallory\\u001b[2J"},
      "author_association":"OWNER","assignees":[{"login":"bob"},{"login":"-x y"}]
      """
    let tracker = makeTracker(Self.transport(Bodies.repository, issue: issue))
    let survey = await tracker.survey(SurveyQuestion(watched: [], cachedOnly: false))
    guard case .items(let items) = survey.candidates, let item = items.first else {
      Issue.record("no candidates: \(survey.candidates)")
      return
    }
    #expect(item.url == "")
    #expect(item.author == nil)
    #expect(item.assignees == ["bob"])
  }

  @Test func numbersBeyondAllCountingEndNothing() async throws {
    let issue = """
      ,"sub_issues_summary":{"total":-9223372036854775808,"completed":9223372036854775807}
      """
    let transport = FakeTransport { request throws(TransportError) in
      let limits = [
        (name: "X-RateLimit-Limit", value: "9223372036854775807"),
        (name: "X-RateLimit-Remaining", value: "9223372036854775807"),
        (name: "X-RateLimit-Reset", value: "9999999999"),
        (name: "X-RateLimit-Resource", value: "core"),
      ]
      if request.target == "/repos/acme/app" { return .json(Bodies.repository, limits) }
      if request.target.hasPrefix("/repos/acme/app/issues?") {
        return .json("[\(Bodies.issue(1, issue)),\(Bodies.issue(-7))]", limits)
      }
      return .json("[]", limits)
    }
    let tracker = makeTracker(transport)
    let survey = await tracker.survey(SurveyQuestion(watched: [], cachedOnly: false))
    guard case .items(let items) = survey.candidates else {
      Issue.record("no candidates: \(survey.candidates)")
      return
    }
    #expect(items.map(\.number) == [1])
    #expect(items.first?.dependenciesKnown == false)
    _ = await tracker.examine()
    #expect(tracker.client.wire.spending.current.core == nil)
  }

  @Test func aPullRequestAtAForeignAddressIsNamedByItsNumber() async throws {
    let pull = Bodies.pull(7, head: "symphony/x").replacing(
      "https://github.com/acme/app/pull/7", with: "https://evil.test/7")
    let transport = FakeTransport { request throws(TransportError) in
      if request.target == "/repos/acme/app" { return .json(Bodies.repository) }
      return .json(request.target.hasPrefix("/repos/acme/app/pulls?") ? "[\(pull)]" : "[]")
    }
    let delivery = try await makeTracker(transport).deliver(
      pullRequestEntry("symphony/x"), pullRequest: nil)
    #expect(delivery == .pullRequest(PullRequestRef(number: 7, url: ""), created: false))
  }

  @Test(arguments: [
    "https://[api.github.com]/x", "https://api.github.com\\@evil.test/x", "//evil.test/x\u{7F}",
    "https://127.0.0.1/x", "https://api.github.com:444/x",
  ])
  func redirectsAndNextPagesStayOnTheServer(_ target: String) async throws {
    let away = FakeTransport { request throws(TransportError) in
      .json("[]", status: 302, [(name: "Location", value: target)])
    }
    let client = makeClient(away)
    let url = "https://api.github.com/repos/acme/app/issues"
    let error = await failure { () async throws(TrackerError) in
      _ = try await client.get(url, as: [String].self, .fresh)
    }
    #expect(error?.code == "tracker_unreachable")
    #expect(away.requests.allSatisfy { $0.url.hasPrefix("https://api.github.com/") })
    let paged = FakeTransport { request throws(TransportError) in
      .json("[]", [(name: "Link", value: "<\(target)>; rel=\"next\"")])
    }
    let pages = await failure { () async throws(TrackerError) in
      _ = try await makeClient(paged).list(url, of: String.self, .fresh)
    }
    #expect(pages?.code == "tracker_malformed")
    #expect(paged.requests.count == 1)
  }
}
