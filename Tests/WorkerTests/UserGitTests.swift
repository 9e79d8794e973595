// The user's own settings of git stay out of the worker's way, and are left as they are.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct UserGitTests {
  private func configure(_ yard: WorkerYard, _ text: String) throws {
    try Files.writeAtomically(yard.path("home/.gitconfig"), text)
    yard.environment["GIT_CONFIG_GLOBAL"] = yard.path("home/.gitconfig")
  }

  @Test func whatServesAPersonDoesNotStopAProgram() throws {
    let yard = try WorkerYard()
    try yard.shell(
      """
      mkdir -p hooks template/hooks
      for hook in pre-push post-checkout pre-commit post-index-change; do
        printf '#!/bin/sh\ntouch $YARD/hooked\nexit 1\n' > hooks/$hook
      done
      chmod +x hooks/*; cp hooks/* template/hooks/
      """)
    try configure(
      yard,
      """
      [commit]
      gpgSign = true
      template = /nonexistent
      [push]
      gpgSign = true
      pushOption = ci.skip
      followTags = true
      useForceIfIncludes = true
      [gpg]
      program = false
      [core]
      hooksPath = \(yard.path("hooks"))
      pager = false
      editor = false
      [init]
      templateDir = \(yard.path("template"))
      [color]
      ui = always
      [status]
      showUntrackedFiles = no
      [fetch]
      pruneTags = true
      [i18n]
      commitEncoding = ISO-8859-1
      [merge]
      verifySignatures = true
      """)
    let result = try yard.perform("echo left > leftover")
    #expect(result.outcome == .succeeded, "\(result.summary)")
    #expect(result.push == .pushed(head: try yard.remoteTip()), "\(result.push)")
    #expect(try yard.shell("git --git-dir=remote.git show \(WorkerYard.branch):leftover") == "left")
    let more = try yard.perform("echo more >> leftover")
    #expect(more.push == .pushed(head: try yard.remoteTip()), "\(more.push)")
    #expect(try yard.cleanUp().removed)
    #expect(!Files.exists(yard.path("hooked")))
  }

  /// The very address, which is the strongest such rule there can be.
  @Test func rulesAboutAddressesDoNotCountWhereTheTokenIsUsed() throws {
    let yard = try WorkerYard()
    try configure(
      yard,
      """
      [url "/nowhere/else.git"]
      insteadOf = \(yard.remote)
      pushInsteadOf = \(yard.remote)
      """)
    yard.environment["SYMPHONY_GIT_TOKEN"] = "ghs_0123456789abcdef"
    let result = try yard.perform(commitScript) { $0.git.credentialScope = yard.path("remote") }
    #expect(result.outcome == .succeeded, "\(result.summary)")
    #expect(result.push == .pushed(head: try yard.remoteTip()), "\(result.push)")
    // Without a token it is the user's git that decides.
    yard.environment["SYMPHONY_GIT_TOKEN"] = nil
    let own = try yard.perform(commitScript) { $0.git.credentialScope = yard.path("remote") }
    #expect(own.code == "remote_failed" && own.summary.contains("/nowhere/else.git"))
  }

  /// What a wrapper around symphony (`git -c`, an alias, a hook) left for git in the environment.
  @Test func aRepositoryOfTheCallersIsNotOurs() throws {
    let yard = try WorkerYard()
    yard.environment["GIT_CONFIG_PARAMETERS"] = "'remote.origin.url=/nowhere' 'core.bare=false'"
    yard.environment["GIT_SHALLOW_FILE"] = "/nowhere"
    yard.environment["GIT_DEFAULT_HASH"] = "sha256"
    let spec = yard.spec(commitScript)
    #expect(try yard.start(spec) == 0)
    let result = try RunDirectory(path: spec.paths.run).readResult(nonce: spec.nonce)
    #expect(result?.outcome == .succeeded, "\(result?.summary ?? "")")
  }

  /// As git itself reads it: of all headers for one address exactly one is left.
  @Test(arguments: [
    "https://example.com/", "https://example.com/acme/", "https://example.com/acme/app.git",
    "https://example.com",
  ])
  func oneHeaderIsLeftWhateverTheUserSetFor(address: String) throws {
    let yard = try WorkerYard()
    var order = yard.spec("true").git
    order.cloneURL = "https://example.com/acme/app.git"
    order.credentialScope = "https://example.com/"
    let text = try #require(
      GitCredentials.configuration(
        Secret("ghs_0123456789abcdef"), order, for: ["fetch", "--", order.cloneURL]))
    try Files.writeAtomically(yard.path("token"), text)
    try configure(
      yard,
      "[http]\nextraHeader = A: 1\n[http \"\(address)\"]\nextraHeader = Authorization: basic old\n")
    let found = try yard.shell(
      "git -c include.path=$YARD/token config --get-urlmatch http.extraHeader "
        + "https://example.com/acme/app.git/info/refs")
    #expect(found.hasPrefix("Authorization: Basic ") && found.split(separator: "\n").count == 1)
    let headers = text.split(separator: "\n").filter { $0.hasPrefix("extraHeader") }
    #expect(headers.map { $0.contains("\"\"") } == [true, false, true, false])
  }
}
