// Findings of doctor about secrets that lie around in the project: a .env that others can read or
// that git has, passwords in the addresses of remotes. Called by DoctorCommand. Nothing of a secret
// is shown; secrets in WORKFLOW.md itself are a remark of the file's reading.
import SymphonyCore
import SymphonyPlatform

extension Checkup {
  func secrets() -> [Finding] { dotEnv() + remotes() }

  private func dotEnv() -> [Finding] {
    let path = Files.join(composition.place.projectDirectory, ".env")
    guard Files.exists(path) else { return [] }
    var findings: [Finding] = []
    let mode = (Files.permissions(path) ?? 0) & 0o777
    if mode & 0o077 != 0 {
      findings.append(
        Finding(
          .warn, "environment", "\(path) can be read by others (mode \(String(mode, radix: 8)))",
          hint: "chmod 600 \(path)"))
    }
    if git(["ls-files", "--error-unmatch", "--", ".env"])?.exit.isSuccess == true {
      findings.append(
        Finding(
          .warn, "environment", "\(path) is tracked by git: whoever has the repository has it",
          hint: "git rm --cached .env, list it in .gitignore, and replace every secret in it"))
    } else if git(["rev-parse", "--is-inside-work-tree"])?.exit.isSuccess == true,
      git(["check-ignore", "--quiet", "--", ".env"])?.exit.isSuccess == false
    {
      findings.append(
        Finding(
          .warn, "environment",
          "\(path) is not ignored by git: the next `git add .` takes it along",
          hint: "list .env in .gitignore"))
    }
    return findings.isEmpty ? [Finding(.pass, "environment", "\(path) is ours alone")] : findings
  }

  /// An agent without a sandbox can read `.git/config`.
  private func remotes() -> [Finding] {
    let keys =
      "^(remote\\..*\\.(url|pushurl)|http\\..*extraheader|url\\..*\\.(insteadof|pushinsteadof))$"
    guard let listed = git(["config", "--includes", "--null", "--get-regexp", keys]),
      listed.exit.isSuccess
    else {
      return [Finding(.pass, "secrets", "git's settings name no remote and no header")]
    }
    var findings: [Finding] = []
    for entry in listed.output.split(separator: "\0") {
      let end = entry.utf8.firstIndex(of: UInt8(ascii: "\n")) ?? entry.endIndex
      let (key, value) = (String(entry[..<end]), String(entry[end...].utf8.dropFirst()) ?? "")
      let name = Self.withoutUser(key)
      if Self.hasPassword(value) || Self.hasPassword(key) {
        findings.append(
          Finding(
            .warn, "secrets", "git's setting \(name) holds a password or token",
            hint:
              "take it out of the address and let a credential helper keep it; replace the token, "
              + "agents could read it"))
      } else if key.lowercased().hasSuffix("extraheader"),
        value.lowercased().contains("authorization")
      {
        findings.append(
          Finding(
            .warn, "secrets", "git's setting \(name) holds a token in a header",
            hint: "remove it (actions/checkout: persist-credentials: false), and replace the token")
        )
      } else if value.contains("::") && !value.contains("://") || value.hasPrefix("-") {
        findings.append(
          Finding(
            .warn, "secrets", "git's setting \(name) starts a program instead of naming an address",
            hint: "name a repository by https:// or ssh"))
      }
    }
    return findings.isEmpty
      ? [Finding(.pass, "secrets", "no password and no token in git's settings")] : findings
  }

  /// `https://user:password@host`, and a token in the user's place; `git@host` is neither.
  private static func hasPassword(_ text: String) -> Bool {
    guard let user = user(in: text) else { return false }
    return user.contains(":") || user.count >= 20
  }

  private static func withoutUser(_ key: String) -> String {
    guard let user = user(in: key), hasPassword(key) else { return key }
    return key.replacing(user + "@", with: "***@")
  }

  private static func user(in text: String) -> String? {
    guard let mark = text.firstRange(of: "://") else { return nil }
    let authority = text[mark.upperBound...].prefix { $0 != "/" }
    return authority.lastIndex(of: "@").map { String(authority[..<$0]) }
  }

  func git(_ arguments: [String]) -> CapturedCommand? {
    var environment = composition.environment
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"] {
      environment[name] = nil
    }
    environment["GIT_OPTIONAL_LOCKS"] = "0"
    return try? CapturedCommand.run(
      ["git", "-C", composition.place.projectDirectory, "-c", "core.fsmonitor=false"] + arguments,
      environment: environment, timeoutMilliseconds: 10_000)
  }
}
