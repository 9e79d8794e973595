// Checks what a server says: before any of it is used as an address, a branch or a person, it
// passes here. GitHubTracker lets every survey, every repository and every delivery through, so no
// reader of an answer has to think of it. Titles, bodies, labels and statuses are free text: they
// are only ever compared, sent back as JSON or percent-encoded, and made harmless where they are
// shown (PlainText) or published (Core/Planning).
import SymphonyCore

struct ServedFacts: Sendable {
  private let api: WebAddress?
  /// The workflow allows plain http (`github.allow_insecure_http`).
  private let allowsPlainHTTP: Bool

  init(policy: TrackerPolicy) {
    api = WebAddress(policy.apiURL)
    allowsPlainHTTP = policy.allowsInsecureHTTP
  }

  // MARK: Addresses

  /// A repository with an address that git may be given, and the scope of our token for it.
  ///
  /// If the server names a place that is not its own for this very repository, the one that follows
  /// from `github.api_url` is taken, and `remark` says so.
  /// - Throws: `.untrusted` when the branch is no branch; `.misconfigured` for plain http.
  func checked(_ facts: RepositoryFacts) throws(TrackerError) -> RepositoryFacts {
    var checked = facts
    if let why = objection(to: facts) {
      checked.cloneURL = ownPlace(facts.name)
      checked.remark =
        "the server says that \(facts.name) is cloned from `\(Self.shown(facts.cloneURL))`: "
        + "\(why); \(checked.cloneURL) is used"
    }
    guard let address = WebAddress(checked.cloneURL), isCovered(address) else {
      throw .misconfigured(
        "\(facts.name) would be cloned over plain http, where anybody on the way reads the token",
        hint: "set github.api_url to an https address, or insist with "
          + "github.allow_insecure_http: true")
    }
    guard BranchName.isUsable(facts.defaultBranch) else {
      let shown = GitHubAnswer.clean(String(facts.defaultBranch.prefix(100)))
      throw .untrusted(
        "the server calls the default branch of \(facts.name) `\(shown)`, which can be no branch")
    }
    checked.credentialScope = address.origin
    checked.htmlURL = page(facts.htmlURL)
    return checked
  }

  /// Why git is not given the address that the server names; nil: it is.
  private func objection(to facts: RepositoryFacts) -> String? {
    guard Self.isPlain(facts.cloneURL), let address = WebAddress(facts.cloneURL) else {
      return "that is no address"
    }
    guard address.scheme == "https" || address.scheme == "http" else {
      return "git is given https addresses only"
    }
    guard address.user == nil else { return "it holds a user name or a password" }
    guard isOurs(address) else { return "that is not on the host of \(shownAPI)" }
    guard isCovered(address) else { return "anybody on the way would read the token" }
    let path = address.path.lowercased()
    let isItsOwn = path == "/\(facts.name.folded).git" || path == "/\(facts.name.folded)"
    return isItsOwn ? nil : "that is another place than the repository's own"
  }

  /// The address of a repository on the server that the workflow names.
  private func ownPlace(_ name: RepositoryName) -> String {
    guard var server = api else { return "" }
    server.host = OriginRemote.gitHost(server)
    return "\(server.origin)\(name).git"
  }

  /// An address of a page that we show to people and write into comments; empty when it is none of
  /// the server's own.
  func page(_ text: String) -> String {
    let isInert = text.unicodeScalars.allSatisfy { !"<>\"'`()[]{}|^".unicodeScalars.contains($0) }
    guard Self.isPlain(text), isInert, let address = WebAddress(text), address.user == nil,
      address.scheme == "https" || address.scheme == "http", isOurs(address), isCovered(address)
    else { return "" }
    return text
  }

  /// True for the API's own server, at its port or at the usual one.
  ///
  /// Of several servers on one machine only the port tells which is meant.
  private func isOurs(_ address: WebAddress) -> Bool {
    guard let api else { return false }
    if api.isLoopback {
      return address.isLoopback && address.effectivePort == api.effectivePort
    }
    let isUsualPort =
      address.port == nil || address.effectivePort == WebAddress.port(of: address.scheme)
    return address.host == OriginRemote.gitHost(api)
      && (isUsualPort || address.effectivePort == api.effectivePort)
  }

  /// True where our token may travel: encrypted, or never leaving this machine.
  private func isCovered(_ address: WebAddress) -> Bool {
    address.scheme == "https" || address.isLoopback || allowsPlainHTTP
  }

  private var shownAPI: String { api?.authority ?? "github.api_url" }

  /// The address without the part before an `@`, which may be a password.
  private static func shown(_ text: String) -> String {
    let part = text.prefix(200)
    let rest = part.lastIndex(of: "@").map { "***" + part[$0...] } ?? String(part)
    return GitHubAnswer.clean(rest)
  }

  /// True for printable ASCII without spaces that is not long and looks like no option.
  private static func isPlain(_ text: String) -> Bool {
    (1...2000).contains(text.utf8.count) && !text.hasPrefix("-")
      && text.unicodeScalars.allSatisfy { ("!"..."~").contains($0) }
  }

  // MARK: People

  /// A login as GitHub gives them; nil for anything else, and nobody is trusted by such a name.
  ///
  /// Apps (`name[bot]`) and managed users (`name_org`) have logins too.
  static func login(_ text: String?) -> String? {
    guard let text, (1...100).contains(text.utf8.count),
      text.unicodeScalars.allSatisfy({ WorkspaceKey.isSafe($0) || $0 == "[" || $0 == "]" })
    else { return nil }
    return text
  }

  // MARK: Items, pull requests, whole surveys

  /// The item, or nil when its number or branch is none, so that it cannot be worked on.
  func checked(_ item: WorkItem) -> WorkItem? {
    if let number = item.number, number < 1 { return nil }
    if let branch = item.baseBranch, !BranchName.isUsable(branch) { return nil }
    var checked = item
    checked.url = page(item.url)
    checked.author = Self.login(item.author)
    checked.assignees = item.assignees.compactMap(Self.login)
    checked.linkedPullRequests = item.linkedPullRequests.map { linked in
      var linked = linked
      linked.url = page(linked.url)
      return linked
    }
    return checked
  }

  func checked(_ ref: PullRequestRef) -> PullRequestRef {
    PullRequestRef(number: ref.number, url: page(ref.url))
  }

  /// The addresses in it are shown to people; one of another server is left out.
  func checked(_ view: PullRequestView) -> PullRequestView {
    func page(_ url: String?) -> String? {
      url.map { self.page($0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    var checked = view
    checked.ref = self.checked(view.ref)
    checked.conversation?.remarks = (view.conversation?.remarks ?? []).map { remark in
      var remark = remark
      remark.words.url = page(remark.words.url)
      return remark
    }
    checked.troubles = view.troubles?.map { trouble in
      var trouble = trouble
      trouble.url = page(trouble.url)
      return trouble
    }
    return checked
  }

  func checked(_ delivery: Delivery) -> Delivery {
    switch delivery {
    case .pullRequest(let ref, let created): .pullRequest(checked(ref), created: created)
    case .comment(let url): .comment(url: page(url))
    case .done, .converted, .waiting, .superseded: delivery
    }
  }

  /// The survey without what may not be used.
  ///
  /// A repository that is refused leaves its items without a place to work in, and a notice says
  /// why.
  func checked(_ survey: Survey) -> Survey {
    var checked = survey
    checked.repositories = []
    for facts in survey.repositories {
      do throws(TrackerError) {
        let usable = try self.checked(facts)
        checked.repositories.append(usable)
        if let remark = usable.remark { checked.notices.append(remark) }
      } catch {
        checked.repositoryProblem = checked.repositoryProblem ?? error
        checked.notices.append(error.sentence)
      }
    }
    if case .items(let items) = survey.candidates {
      checked.candidates = .items(
        items.compactMap { item in
          if let usable = self.checked(item) { return usable }
          checked.notices.append(Self.refusal(item))
          return nil
        })
    }
    for (id, answer) in survey.answers {
      guard case .found(let item) = answer else { continue }
      checked.answers[id] =
        self.checked(item).map { .found($0) } ?? .unknown(.untrusted(Self.refusal(item)))
    }
    checked.pullRequests = survey.pullRequests.mapValues { fact in
      var fact = fact
      fact.ref = self.checked(fact.ref)
      return fact
    }
    checked.views = survey.views.mapValues(self.checked)
    checked.viewer = Self.login(survey.viewer)
    return checked
  }

  private static func refusal(_ item: WorkItem) -> String {
    "the server gives \(item.key) a number or a branch that is none; it is left alone"
  }
}
