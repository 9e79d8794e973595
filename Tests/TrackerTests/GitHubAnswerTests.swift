// Every way GitHub can refuse, and what it becomes.
import SymphonyCore
import Testing

@testable import SymphonyTrackers

@Suite struct GitHubAnswerTests {
  private func error(
    _ status: Int, _ body: String = "{\"message\":\"why\"}",
    _ headers: [(name: String, value: String)] = [], offset: Interval = .zero
  ) -> TrackerError? {
    GitHubAnswer.error(
      .json(body, status: status, headers), what: "GET /x", now: noon, clockOffset: offset)
  }

  @Test func statusesBecomeTheClosedEnum() {
    #expect(error(200) == nil)
    #expect(error(201) == nil)
    #expect(error(304) == nil)
    #expect(error(401)?.code == "tracker_unauthorized")
    #expect(error(403)?.code == "tracker_forbidden")
    #expect(error(404)?.code == "tracker_not_found")
    #expect(error(410)?.code == "tracker_gone")
    #expect(error(422)?.code == "tracker_rejected")
    #expect(error(400)?.code == "tracker_rejected")
    for status in [500, 502, 503, 504] {
      #expect(error(status)?.code == "tracker_unreachable", "\(status)")
    }
  }

  @Test func aMissingPermissionIsNamed() {
    let found = error(
      403, "{\"message\":\"Resource not accessible by personal access token\"}",
      [(name: "x-accepted-github-permissions", value: "pull_requests=write")])
    #expect(found?.sentence.contains("pull_requests=write") == true)
    #expect(found?.sentence.contains("Resource not accessible") == true)
  }

  @Test func singleSignOnNamesTheOrganization() {
    let found = error(
      403, "{\"message\":\"Resource protected by organization SAML enforcement.\"}",
      [
        (
          name: "X-GitHub-SSO",
          value: "required; url=https://github.com/orgs/acme/sso?authorization_request=AbC"
        )
      ])
    #expect(found?.code == "tracker_forbidden")
    #expect(found?.sentence.contains("acme's single sign-on") == true)
    #expect(found?.sentence.contains("AbC") == false)
  }

  @Test func aMissingScopeIsNamed() {
    for status in [403, 404] {
      let headers = [
        (name: "X-Accepted-OAuth-Scopes", value: "admin:repo_hook, repo"),
        (name: "X-OAuth-Scopes", value: "gist"),
      ]
      let found = error(status, "{\"message\":\"no\"}", headers)?.sentence ?? ""
      #expect(
        found.hasSuffix("no (it needs the scope admin:repo_hook or repo; the token has gist)"))
      let enough = [headers[0], (name: "X-OAuth-Scopes", value: "gist, repo")]
      #expect(error(status, "{\"message\":\"no\"}", enough)?.sentence.hasSuffix("no") == true)
    }
  }

  @Test func whoLacksAPermissionIsSaidWhereNothingNamesIt() {
    let integration = error(403, "{\"message\":\"Resource not accessible by integration\"}")
    #expect(integration?.sentence.contains("the App's installation lacks") == true)
    let token = error(403, "{\"message\":\"Resource not accessible by personal access token\"}")
    #expect(token?.sentence.contains("the fine-grained token lacks") == true)
  }

  @Test func whatLooksLikeASecretIsNotShown() {
    let long = String(repeating: "aB3.-_x", count: 80)
    for secret in ["ghp_0123456789abcdef", "ghs_1_\(long)", "github_pat_11ABC_xyz", "eyJ\(long)"] {
      let text = GitHubAnswer.clean("token=\(secret), \"\(secret)\"")
      #expect(text == "token=***, \"***\"")
    }
    let plain = "ghx ghost_rider eyJ github.com/acme a.b-c_d"
    #expect(GitHubAnswer.clean(plain) == plain)
    let page = error(418, "\(String(repeating: " ", count: 190))ghp_0123456789abcdef0123456789")
    #expect(page?.sentence.contains("ghp_") == false)
  }

  @Test func retryAfterWinsOverEverything() {
    let found = error(
      403, "{}",
      [
        (name: "Retry-After", value: "120"), (name: "X-RateLimit-Remaining", value: "0"),
        (name: "X-RateLimit-Reset", value: "\(noon.milliseconds / 1000 + 3000)"),
      ])
    #expect(limitEnd(found) == noon + .seconds(120))
  }

  @Test func thePrimaryLimitEndsAtItsResetOnOurClock() {
    let headers = [
      (name: "X-RateLimit-Remaining", value: "0"),
      (name: "X-RateLimit-Reset", value: "\(noon.milliseconds / 1000 + 3000)"),
    ]
    #expect(limitEnd(error(403, "{}", headers)) == noon + .seconds(3000))
    // GitHub's clock is 1000 s ahead of ours: its reset is that much sooner here.
    #expect(limitEnd(error(429, "{}", headers, offset: .seconds(1000))) == noon + .seconds(2000))
  }

  @Test func theSecondaryLimitIsKnownByItsWords() {
    let body = "{\"message\":\"You have exceeded a secondary rate limit. Please wait\"}"
    #expect(limitEnd(error(403, body)) == noon + .seconds(60))
    #expect(limitEnd(error(429, "{}")) == noon + .seconds(60))
  }

  @Test func limitsAreClamped() {
    let late = [(name: "Retry-After", value: "99999999")]
    #expect(limitEnd(error(403, "{}", late)) == noon + .days(7))
    #expect(limitEnd(error(403, "{}", [(name: "Retry-After", value: "1")])) == noon + .minutes(1))
    #expect(
      limitEnd(
        error(
          403, "{}",
          [(name: "X-RateLimit-Remaining", value: "0"), (name: "X-RateLimit-Reset", value: "0")]))
        == noon + .minutes(1))
  }

  private func limitEnd(_ error: TrackerError?) -> Timestamp? {
    if case .rateLimited(let until, _)? = error { until } else { nil }
  }

  @Test func validationMessagesAreJoined() {
    let found = error(
      422,
      """
      {"message":"Validation Failed","errors":[
      {"resource":"PullRequest","code":"custom","message":"No commits between main and x"},
      {"resource":"PullRequest","field":"head","code":"invalid"},"plain"]}
      """)
    #expect(found?.sentence.contains("No commits between main and x") == true)
    #expect(found?.sentence.contains("PullRequest head invalid") == true)
    #expect(found?.sentence.contains("plain") == true)
  }

  @Test func webPagesAreNotTheAPI() {
    for status in [200, 404, 502] {
      let page = HTTPTransportResponse(
        status: status, headers: [(name: "content-type", value: "text/html; charset=utf-8")],
        body: Array("<html>".utf8))
      let found = GitHubAnswer.error(page, what: "GET /x", now: noon, clockOffset: .zero)
      #expect(found?.code == "tracker_unreachable", "\(status)")
    }
  }

  @Test func hostileMessagesAreTamed() {
    let text = GitHubAnswer.clean("a\u{1B}[31mb\nc" + String(repeating: "x", count: 1000))
    #expect(!text.contains("\u{1B}"))
    #expect(!text.contains("\n"))
    #expect(text.count <= 300)
  }

  @Test func linksAreScannedByTheirBrackets() {
    let link =
      "<https://h/x?labels=a,b&page=1>; rel=\"prev\", <https://h/x?labels=a,b&page=3>; rel=\"next\""
    #expect(GitHubAnswer.next(link) == "https://h/x?labels=a,b&page=3")
    #expect(GitHubAnswer.next("<https://h/x?page=9>; rel=\"last\"") == nil)
    #expect(GitHubAnswer.next(nil) == nil)
  }

  @Test func datesOfHeadersAreRead() {
    #expect(
      GitHubAnswer.date("Sun, 06 Nov 1994 08:49:37 GMT")
        == Timestamp(rfc3339: "1994-11-06T08:49:37Z"))
    #expect(GitHubAnswer.date("yesterday") == nil)
  }
}
