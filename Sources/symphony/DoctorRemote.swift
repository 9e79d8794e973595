// Findings of doctor about the remotes: each is asked once by git, with the token and the settings
// that a worker's git has. GitHub's API may take a token that its git does not.
import SymphonyCore
import SymphonyWorker

extension Checkup {
  private static let mostRemotes = 3

  func remotes(
    _ policy: Policy, _ tracker: any Tracker, _ survey: Survey
  ) async -> [Finding] {
    var findings: [Finding] = []
    for facts in survey.repositories.prefix(Self.mostRemotes) {
      var token = policy.tracker.token
      do throws(TrackerError) {
        let order = CredentialOrder(repository: facts.name, isForAgent: false)
        token = try await tracker.credential(order) ?? token
      } catch {
        findings.append(Finding(.fail, "remote", error.sentence, hint: error.hint))
        continue
      }
      findings.append(remote(facts, policy.git, token))
    }
    return findings
  }

  private func remote(_ facts: RepositoryFacts, _ settings: GitPolicy, _ token: Secret?) -> Finding
  {
    let order = GitOrder(
      cloneURL: facts.cloneURL, credentialScope: facts.credentialScope, baseBranch: nil, branch: "",
      ownsBranch: false, fenceHead: nil, takeOver: false, debt: nil, settings: settings)
    let problem = RemoteProbe.problem(
      order, token: token, environment: composition.environment, timeLimit: .seconds(20))
    guard let problem else {
      return Finding(.pass, "remote", "git reads \(facts.cloneURL)")
    }
    let hint =
      facts.credentialScope == nil
      ? "try `git ls-remote \(facts.cloneURL)` as the user symphony runs as"
      : "the token needs Contents: read and write for it; with SSO it has to be authorised"
    return Finding(
      .fail, "remote", "git cannot read \(facts.cloneURL): \(problem)", hint: hint)
  }
}
