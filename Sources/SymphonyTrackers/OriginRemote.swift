// The repository that `origin` names beside WORKFLOW.md, when it lives on the server we talk to.
// The tick and `doctor` ask when tracker.repository is not set. Nothing is guessed: another host
// is no answer.
import SymphonyCore
import SymphonyPlatform

package enum OriginRemote {
  /// - Throws: `.misconfigured` where no repository is named: with git's own words where it gives
  ///   none.
  package static func repository(
    beside directory: String, apiURL: String, environment: [String: String] = Host.environment
  ) throws(TrackerError) -> RepositoryName {
    let hint = "set tracker.repository: owner/name in WORKFLOW.md"
    let unset = "no repository: tracker.repository is not set, and "
    switch look(beside: directory, apiURL: apiURL, environment: environment) {
    case .repository(let name): return name
    case .unasked(let why): throw .misconfigured(unset + "git cannot be asked: \(why)", hint: hint)
    case .unnamed(let words, let remedy):
      throw .misconfigured(
        unset + "git names no `origin` in \(directory): \(words)",
        hint: remedy.map { "\($0); or \(hint)" } ?? hint)
    case .elsewhere:
      throw .misconfigured(
        unset + "the `origin` of \(directory) is no repository on the server of \(apiURL)",
        hint: hint)
    }
  }

  /// Git's answer about `origin`.
  package enum Look: Hashable, Sendable {
    case repository(RepositoryName)
    /// Git itself could not be started.
    case unasked(String)
    /// Git's own words, and what would mend it where that is known.
    case unnamed(String, remedy: String?)
    /// It is no repository on that server; its host, where it names one.
    case elsewhere(host: String?)
  }

  /// Asks git for the address as it was written, and only for one that is an abbreviation what
  /// `url.*.insteadOf` makes of it; for at most 5 s each.
  ///
  /// Rewriting is about the way there, such as a mirror or a proxy, and not about which repository
  /// is meant.
  package static func look(
    beside directory: String, apiURL: String, environment: [String: String] = Host.environment
  ) -> Look {
    do throws(PlatformError) {
      func ask(_ arguments: [String]) throws(PlatformError) -> CapturedCommand {
        try CapturedCommand.run(
          ["git", "-C", directory] + arguments, environment: GitSurroundings.clean(environment),
          timeoutMilliseconds: 5000)
      }
      // Of several the first is what git fetches from.
      let written = try ask(["config", "--get-all", "remote.origin.url"])
      if written.exit.isSuccess, let first = written.output.splitLines().first {
        let remote = String(first).trimmingWhitespace()
        if !isAbbreviation(remote) { return look(at: remote, apiURL) }
      }
      let answer = try ask(["remote", "get-url", "origin"])
      guard answer.exit.isSuccess else {
        let words =
          answer.timedOut
          ? "no answer within 5 s" : GitWords.reason(answer.errorOutput) ?? answer.exit.description
        return .unnamed(words, remedy: GitWords.hint(answer.errorOutput, directory))
      }
      return look(at: answer.output.trimmingWhitespace(), apiURL)
    } catch {
      return .unasked(error.description)
    }
  }

  private static func look(at remote: String, _ apiURL: String) -> Look {
    parse(remote, apiURL: apiURL).map(Look.repository) ?? .elsewhere(host: host(of: remote))
  }

  /// `gh:acme/app` or `work://app`, which only a rule of `insteadOf` explains.
  ///
  /// A host has a dot, or a user before it, unless it is written as an address.
  private static func isAbbreviation(_ remote: String) -> Bool {
    if let address = WebAddress(remote) { return !schemes.contains(address.scheme) }
    guard let colon = remote.firstIndex(of: ":") else { return false }
    return !remote[..<colon].contains { ["/", "@", "."].contains($0) }
  }
  private static let schemes = ["https", "http", "ssh", "git"]

  /// Without a name or a password that may stand before it.
  private static func host(of remote: String) -> String? {
    if let address = WebAddress(remote) { return address.host.isEmpty ? nil : address.host }
    guard let colon = remote.firstIndex(of: ":"), !remote[..<colon].contains("/") else {
      return nil
    }
    return remote[..<colon].split(separator: "@").last.map(String.init)
  }

  /// Reads `https://HOST/o/r.git`, `ssh://git@HOST/o/r.git` and `git@HOST:o/r.git`.
  static func parse(_ remote: String, apiURL: String) -> RepositoryName? {
    guard let api = WebAddress(apiURL) else { return nil }
    let host: String
    var port: Int?
    var path: String
    if let address = WebAddress(remote) {
      guard schemes.contains(address.scheme) else { return nil }
      (host, port, path) = (address.host, address.port, address.path)
      if address.scheme == "ssh" { port = nil }
    } else if let colon = remote.firstIndex(of: ":"), !remote[..<colon].contains("/") {
      let place = remote[..<colon]
      host = String(
        place[(place.lastIndex(of: "@").map(place.index(after:)) ?? place.startIndex)...]
      )
      .lowercased()
      path = String(remote[remote.index(after: colon)...])
    } else {
      return nil
    }
    guard matches(host: host, port: port, api: api) else { return nil }
    while path.hasPrefix("/") { path.removeFirst() }
    while path.hasSuffix("/") { path.removeLast() }
    if path.hasSuffix(".git") { path.removeLast(4) }
    return RepositoryName(WebAddress.decode(path))
  }

  private static func matches(host: String, port: Int?, api: WebAddress) -> Bool {
    if api.isLoopback {
      // Several servers may listen on one machine; only the port tells them apart.
      return WebAddress("http://\(host)")?.isLoopback == true && port == api.port
    }
    return host == gitHost(api)
      || (api.host == "api.github.com" && ["ssh.github.com", "www.github.com"].contains(host))
  }

  /// The host of repositories: `api.github.com` -> `github.com`, `api.SUB.ghe.com` ->
  /// `SUB.ghe.com`, else the API's own.
  static func gitHost(_ api: WebAddress) -> String {
    let prefixed = api.host == "api.github.com" || api.host.hasSuffix(".ghe.com")
    return prefixed && api.host.hasPrefix("api.") ? String(api.host.dropFirst(4)) : api.host
  }
}

/// Where the pages of a workflow's issues are.
package enum IssueHost {
  /// `github.com`, or `HOST` of an Enterprise Server, with its port where it names one; nil: the
  /// issues are files.
  package static func name(of policy: TrackerPolicy) -> String? {
    guard policy.kind == .github, let api = WebAddress(policy.apiURL) else { return nil }
    return OriginRemote.gitHost(api) + (api.port.map { ":\($0)" } ?? "")
  }
}

/// The last source of a token: GitHub's own command line program, if somebody is logged in there.
package enum TokenFallback {
  /// The token and where it came from; nil when `gh` is missing, not logged in, or silent for 5 s.
  package static func ghToken(apiURL: String, environment: [String: String]) -> (Secret, String)? {
    guard let api = WebAddress(apiURL), !api.isLoopback else { return nil }
    let host = OriginRemote.gitHost(api)
    var surroundings = environment
    surroundings["GH_PROMPT_DISABLED"] = "1"
    let found = try? CapturedCommand.run(
      ["gh", "auth", "token", "--hostname", host], environment: surroundings,
      timeoutMilliseconds: 5000)
    guard let found, found.exit.isSuccess, !found.timedOut else { return nil }
    let token = found.output.trimmingWhitespace()
    guard !token.isEmpty, !token.contains(where: \.isWhitespace) else { return nil }
    return (Secret(token), "gh auth token (\(host))")
  }
}

/// The environment for asking git about a directory.
enum GitSurroundings {
  /// Without what a hook of git leaves behind: it would answer about the hook's repository instead.
  static func clean(_ environment: [String: String]) -> [String: String] {
    var kept = environment
    for name in [
      "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY",
      "GIT_NAMESPACE", "GIT_PREFIX", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    ] { kept[name] = nil }
    kept["GIT_TERMINAL_PROMPT"] = "0"
    kept["LC_ALL"] = "C"
    return kept
  }
}
