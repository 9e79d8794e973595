// Words for what a token lacks: from the headers of a refusal and from the paths of GraphQL's
// errors, so that a person knows what to grant. GitHubAnswer and the GraphQL faults ask. It only
// words; what a refusal means for an item is decided elsewhere.
import SymphonyCore

enum MissingPermission {
  /// To resolve a thread: of the two, the second is the one that nobody expects.
  static let resolving = "Pull requests: read and write, and Contents: read and write"
  /// To run jobs again.
  static let rerunning = "Actions: read and write"

  /// The addition to the message of a 403; empty when nothing is known.
  static func words(_ response: HTTPTransportResponse, _ message: String) -> String {
    if let organization = singleSignOn(response) {
      return " (authorize the token for \(organization)'s single sign-on: Configure SSO at the "
        + "token in GitHub's settings)"
    }
    if let needed = response.header("X-Accepted-GitHub-Permissions") {
      return " (it needs \(GitHubAnswer.clean(needed)))"
    }
    let known = scopes(response)
    if !known.isEmpty { return known }
    let words = message.lowercased()
    if words.contains("by integration") {
      return " (the App's installation lacks a permission)"
    }
    if words.contains("by personal access token") {
      return " (the fine-grained token lacks a permission, or was not given this repository)"
    }
    return ""
  }

  /// The scopes that a classic token lacks; empty when scopes are not the trouble.
  static func scopes(_ response: HTTPTransportResponse) -> String {
    guard let accepted = response.header("X-Accepted-OAuth-Scopes"),
      let own = response.header("X-OAuth-Scopes")
    else { return "" }
    func names(_ text: String) -> [String] {
      text.split(separator: ",").map { $0.trimmingWhitespace() }.filter { !$0.isEmpty }
    }
    let (wanted, has) = (names(accepted), names(own))
    guard !wanted.isEmpty, !wanted.contains(where: has.contains) else { return "" }
    let shown = has.isEmpty ? "none" : has.joined(separator: ", ")
    return GitHubAnswer.clean(
      " (it needs the scope \(wanted.joined(separator: " or ")); the token has \(shown))"
    ).leadingSpace
  }

  /// The organization whose single sign-on the token was not authorized for:
  /// `required; url=https://github.com/orgs/acme/sso?...`.
  private static func singleSignOn(_ response: HTTPTransportResponse) -> String? {
    guard let text = response.header("X-GitHub-SSO"), text.hasPrefix("required") else { return nil }
    let parts = text.split(separator: "/").map(String.init)
    guard let place = parts.firstIndex(of: "orgs"), place + 1 < parts.count else {
      return "the organization"
    }
    return GitHubAnswer.clean(parts[place + 1])
  }

  /// The permission that a token needs for a place in a GraphQL answer, by the names on its path.
  ///
  /// The words differ by the kind of the token, because not every kind can be granted everything.
  static func forPath(_ path: [String], kind: TokenKind) -> String {
    let names = path.map { $0.lowercased() }
    func has(_ parts: String...) -> Bool {
      names.contains { name in parts.contains { name.contains($0) } }
    }
    if has("resolvereviewthread") { return resolving }
    if has("enqueue", "mergequeue") { return "Contents: \(verb(names))" }
    if has("statuscheckrollup", "checksuite", "checkrun") {
      return kind == .fineGrained
        ? "Checks: read, which a fine-grained token cannot be given: use an App or a classic token"
        : "Checks: read and Commit statuses: read"
    }
    // Below a board's item, the closed place is the item's own repository.
    if has("content"), names.last.map({ $0 == "content" }) ?? false {
      return "Issues: read (Pull requests: read for a pull request) in the item's repository"
    }
    if has("pullrequest") { return "Pull requests: \(verb(names))" }
    if has("projectv2", "projectsv2") {
      return kind == .classic
        ? "the scope project"
        : "the organization permission Projects: "
          + verb(names)
    }
    if has("issue", "comment", "label", "blockedby") { return "Issues: \(verb(names))" }
    if has("ref", "commit", "object") { return "Contents: read" }
    return ""
  }

  private static func verb(_ names: [String]) -> String {
    let verbs = [
      "add", "update", "create", "close", "remove", "convert", "delete", "mark", "archive",
      "resolve", "enqueue",
    ]
    let first = names.first ?? ""
    return verbs.contains(where: first.hasPrefix) ? "read and write" : "read"
  }
}

extension String {
  /// Puts a space before an addition: cleaning has trimmed it.
  fileprivate var leadingSpace: String { isEmpty ? "" : " " + self }
}
