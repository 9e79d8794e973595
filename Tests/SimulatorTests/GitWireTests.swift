// Real git against the simulator: clone, push with credentials in the environment, every refusal, a
// renamed repository, and a push's consequences for pull requests and issues.
// Every test has a simulator of its own; REST is tested elsewhere.
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@Suite("git over smart HTTP")
struct GitWireTests {
  static func git(
    _ arguments: [String], in directory: String, _ environment: [String: String] = [:]
  ) async throws -> CapturedCommand {
    try await Blocking.run {
      Git.attempt(arguments, in: directory, environment: environment)
    }
  }

  /// A clone with one new commit on `branch`.
  static func clone(_ github: GitHubSimulator, _ folder: TemporaryDirectory, branch: String)
    async throws -> String
  {
    let cloned = try await git(
      ["clone", "--quiet", github.cloneURL, "work"], in: folder.path, github.gitEnvironment)
    try #require(cloned.exit.isSuccess, "\(cloned.errorOutput)")
    let work = folder.file("work")
    try Git.run(["checkout", "--quiet", "-b", branch], in: work)
    try folder.write("work/new.txt", "new\n")
    try Git.run(["add", "new.txt"], in: work)
    try Git.run(["commit", "--quiet", "-m", "A change"], in: work)
    return work
  }

  @Test("clone and push with a token that is in no file and no argument")
  func cloneAndPush() async throws {
    try await withSimulator { github in
      let folder = try TemporaryDirectory("clone")
      let work = try await Self.clone(github, folder, branch: "symphony/acme_app_1")
      let pushed = try await Self.git(
        ["push", "--quiet", "origin", "HEAD"], in: work, github.gitEnvironment)
      #expect(pushed.exit.isSuccess, "\(pushed.errorOutput)")
      let head = try Git.run(["rev-parse", "HEAD"], in: work)
      #expect(github.branches["symphony/acme_app_1"] == head)
      #expect(github.writeCount == 1)
      #expect(github.requestLog.filter { !$0.isGit }.isEmpty)
      #expect(try Files.readText(folder.file("work/.git/config")).contains(github.token) == false)
      let again = try await Self.git(
        ["push", "--quiet", "origin", "HEAD"], in: work, github.gitEnvironment)
      #expect(again.exit.isSuccess && github.writeCount == 1)
    }
  }

  @Test("a big push comes in pieces or compressed and arrives whole")
  func bigPush() async throws {
    try await withSimulator { github in
      let folder = try TemporaryDirectory("big")
      let work = try await Self.clone(github, folder, branch: "big")
      // Over http.postBuffer's 1 MiB, so that git sends it in chunks of unknown length.
      let noise = (0..<40).map { _ in Host.randomHex(bytes: 32_768) }.joined()
      try folder.write("work/big.txt", noise)
      try Git.run(["add", "big.txt"], in: work)
      try Git.run(["commit", "--quiet", "-m", "Big"], in: work)
      let pushed = try await Self.git(
        ["push", "--quiet", "origin", "HEAD"], in: work, github.gitEnvironment)
      #expect(pushed.exit.isSuccess, "\(pushed.errorOutput)")
      let other = try await Self.git(
        ["clone", "--quiet", "--branch", "big", github.cloneURL, "second"], in: folder.path,
        github.gitEnvironment)
      #expect(other.exit.isSuccess, "\(other.errorOutput)")
      #expect(try Files.readText(folder.file("second/big.txt")) == noise)
    }
  }

  @Test("a long negotiation is sent compressed and understood")
  func compressedRequest() async throws {
    try await withSimulator { github in
      let folder = try TemporaryDirectory("fetch")
      let work = try await Self.clone(github, folder, branch: "topic")
      for index in 0..<60 {
        try Git.run(["commit", "--quiet", "--allow-empty", "-m", "\(index)"], in: work)
      }
      try github.commit(branch: "main", files: ["theirs.txt": "theirs\n"])
      var environment = github.gitEnvironment
      environment["GIT_TRACE_CURL"] = "1"
      let fetched = try await Self.git(["fetch", "origin", "main"], in: work, environment)
      #expect(fetched.exit.isSuccess, "\(fetched.errorOutput)")
      #expect(fetched.errorOutput.contains("Content-Encoding: gzip"))
      #expect(try Git.run(["rev-parse", "FETCH_HEAD"], in: work) == github.branches["main"])
    }
  }

  @Test("nobody clones a private repository without a token, anybody a public one")
  func anonymous() async throws {
    try await withSimulator { github in
      let folder = try TemporaryDirectory("anonymous")
      let refused = try await Self.git(["clone", github.cloneURL, "a"], in: folder.path)
      #expect(!refused.exit.isSuccess && refused.errorOutput.contains("could not read Username"))
      let wrong = try await Self.git(
        ["clone", github.cloneURL, "a"], in: folder.path,
        Git.credentials(token: "ghp_wrong", scope: github.baseURL + "/"))
      #expect(!wrong.exit.isSuccess)
      let other = try await Self.git(
        ["ls-remote", github.baseURL + "/acme/none.git"], in: folder.path, github.gitEnvironment)
      #expect(other.errorOutput.contains("not found"))
      github.setPrivate(false)
      let open = try await Self.git(["clone", "--quiet", github.cloneURL, "b"], in: folder.path)
      #expect(open.exit.isSuccess, "\(open.errorOutput)")
      let bearer = try await github.curl(
        "/acme/app.git/info/refs?service=git-upload-pack",
        headers: ["Authorization: Bearer \(github.token)"], token: "")
      #expect(bearer.status == 401)
      #expect(bearer.headers["www-authenticate"] == "Basic realm=\"GitHub\"")
    }
  }

  @Test("refused pushes say why and move nothing")
  func refusedPushes() async throws {
    try await withSimulator { github in
      let folder = try TemporaryDirectory("refused")
      let work = try await Self.clone(github, folder, branch: "symphony/one")
      let before = github.branches
      func push() async throws -> CapturedCommand {
        try await Self.git(["push", "origin", "HEAD"], in: work, github.gitEnvironment)
      }
      github.protectBranch("symphony/*")
      let protected = try await push()
      #expect(!protected.exit.isSuccess && protected.errorOutput.contains("GH006"))
      github.refusePushes("push declined due to repository rule violations")
      let ruled = try await push()
      #expect(ruled.errorOutput.contains("repository rule violations"))
      github.addToken("ghp_reader", login: "carol", mayWrite: false)
      let reader = try await Self.git(
        ["push", "origin", "HEAD"], in: work,
        Git.credentials(token: "ghp_reader", scope: github.baseURL + "/"))
      #expect(reader.errorOutput.contains("403"))
      #expect(github.branches == before && github.writeCount == 0)
    }
  }

  @Test("a push moves its pull request, and to main closes what its message names")
  func consequences() async throws {
    try await withSimulator { github in
      let issue = github.createIssue(title: "One")
      let folder = try TemporaryDirectory("consequences")
      let work = try await Self.clone(github, folder, branch: "topic")
      _ = try await Self.git(["push", "origin", "HEAD"], in: work, github.gitEnvironment)
      let pull = try github.createPullRequest(title: "T", head: "topic")
      try Git.run(["commit", "--quiet", "--allow-empty", "-m", "Closes #\(issue)"], in: work)
      _ = try await Self.git(["push", "origin", "HEAD"], in: work, github.gitEnvironment)
      let head = try Git.run(["rev-parse", "HEAD"], in: work)
      #expect(github.issue(pull)?.pull?.headSHA == head)
      #expect(github.issue(issue)?.isOpen == true)
      let main = try await Self.git(
        ["push", "origin", "HEAD:main"], in: work, github.gitEnvironment)
      #expect(main.exit.isSuccess, "\(main.errorOutput)")
      #expect(github.issue(issue)?.isOpen == false)
    }
  }

  @Test("the old name of a renamed repository still clones")
  func renamed() async throws {
    try await withSimulator { github in
      let old = github.cloneURL
      github.renameRepository("acme/renamed")
      let folder = try TemporaryDirectory("renamed")
      let cloned = try await Self.git(
        ["clone", "--quiet", old, "a"], in: folder.path, github.gitEnvironment)
      #expect(cloned.exit.isSuccess, "\(cloned.errorOutput)")
    }
  }
}
