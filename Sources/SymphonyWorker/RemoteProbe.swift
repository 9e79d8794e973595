// One real look at a remote, as a worker's git would take it: the same settings, token and address.
// Called by doctor, where there is no run yet. It changes nothing, here or there.
import SymphonyCore
import SymphonyPlatform

package enum RemoteProbe {
  /// `order`: whose remote; the rest of it does not matter.
  ///
  /// `timeLimit`: after it git is killed.
  /// - Returns: nil when the remote answers and there is something to begin from; else
  ///   what is wrong, in git's words and without the token.
  package static func problem(
    _ order: GitOrder, token: Secret?, environment: [String: String], timeLimit: Interval
  ) -> String? {
    var values = environment
    GitSettings.keepQuiet(order, &values)
    GitSettings.add("http.followRedirects", "false", to: &values)
    let words = ["ls-remote", "--heads", "--", order.cloneURL]
    let scope = GitCredentials.scope(order, token)
    var command = ["git"]
    for setting in GitSettings.noNestedGit + GitSettings.ownManners { command += ["-c", setting] }
    command += words.map { GitCredentials.addressed($0, scope) }
    do throws(PlatformError) {
      var memory: MemoryFile?
      if let text = GitCredentials.configuration(token, order, for: words) {
        GitSettings.add("include.path", "/proc/self/fd/3", to: &values)
        memory = try MemoryFile(sealed: Array(text.utf8))
      }
      let done = try withExtendedLifetime(memory) { () throws(PlatformError) in
        try CapturedCommand.run(
          command, environment: values, inherited: memory.map { [$0.descriptor] } ?? [],
          timeoutMilliseconds: timeLimit.milliseconds)
      }
      if done.exit.isSuccess, !done.timedOut {
        return done.output.isEmpty ? "it has no branch: push a first commit" : nil
      }
      let said = done.errorOutput.splitLines().suffix(3).joined(separator: " | ")
      let how = done.timedOut ? "no answer within \(timeLimit.description)" : said
      return GitCredentials.redact(how.isEmpty ? done.exit.description : how, token)
    } catch {
      return error.description
    }
  }
}
