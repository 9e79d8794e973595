// Findings of doctor about GitHub: the token, then the repository with its permissions and labels,
// or the board (BoardExamination), then what is left of the limits. Sends a few requests and
// changes nothing; every finding that is not good names the next step.
import SymphonyCore

struct Examination {
  let tracker: GitHubTracker
  var client: GitHubClient { tracker.client }
  var policy: TrackerPolicy { tracker.policy }

  func run() async -> [Finding] {
    var findings = await client.tokenFindings(policy)
    let subject = policy.board == nil ? "repository" : "board"
    let name = policy.board.map(BoardReader.name) ?? tracker.home?.description ?? ""
    // A board of a user that this token cannot see is asked for all the same: the answer explains
    // it in GitHub's own words.
    let isHopeless = findings.first?.grade == .fail
    guard !isHopeless else {
      return findings + [
        Finding(.skip, subject, "\(name): not asked without a token"),
        Finding(.skip, "clock", "not compared with the server's: nothing was asked"),
      ]
    }
    if let board = policy.board {
      findings += await BoardExamination(tracker: tracker, board: board).run()
    } else if let home = tracker.home {
      do throws(TrackerError) {
        let page = try await client.get(
          tracker.url(home), as: GitHubRepository.self, .fresh)
        findings += repositoryFindings(page.value, home)
        findings += scopeFindings(isPrivate: page.value.facts.isPrivate)
        findings += try await labelFindings(page.value.facts.name)
      } catch {
        findings.append(Finding(.fail, subject, "\(home): \(error.sentence)", hint: error.hint))
      }
    }
    return findings + [clockFinding] + rateFindings()
  }

  /// Waits, resets and the times of comments are compared with GitHub's clock.
  ///
  /// Small differences are taken into account; a large one means that nobody sets this clock.
  private var clockFinding: Finding {
    guard let offset = client.wire.measuredClockOffset else {
      return Finding(.skip, "clock", "the server's answers name no time to compare with")
    }
    if abs(offset.milliseconds) < Self.mostClockOffset.milliseconds {
      return Finding(
        .pass, "clock",
        offset == .zero
          ? "it agrees with the server's"
          : "\(Interval(milliseconds: abs(offset.milliseconds)).description) from the server's")
    }
    let side = offset > .zero ? "behind" : "ahead of"
    return Finding(
      .warn, "clock",
      "this machine's clock is \(Interval(milliseconds: abs(offset.milliseconds)).description) "
        + "\(side) the server's",
      hint: "have it set by the network: `timedatectl set-ntp true`")
  }
  private static let mostClockOffset = Interval.seconds(30)

  private func repositoryFindings(_ found: GitHubRepository, _ home: RepositoryName) -> [Finding] {
    let facts = found.facts
    let renamed = facts.name.matches(home) ? "" : ", renamed from \(home)"
    let sight = facts.isPrivate ? "private" : "public"
    let repository = Finding(
      renamed.isEmpty ? .pass : .warn, "repository",
      "\(facts.name) (\(sight), default branch \(facts.defaultBranch)\(renamed))",
      hint: renamed.isEmpty ? nil : "set tracker.repository to \(facts.name)")
    return [repository, pushFinding(found.mayPush, facts.name)]
      + obstacleFindings(facts)
  }

  func obstacleFindings(_ facts: RepositoryFacts) -> [Finding] {
    guard let obstacle = facts.obstacle else { return [] }
    return [Finding(.fail, "repository", obstacle.sentence(facts.name))]
  }

  func pushFinding(_ mayPush: Bool?, _ name: RepositoryName) -> Finding {
    switch mayPush {
    case true?: Finding(.pass, "permissions", "the token may push to \(name)")
    case false?:
      Finding(
        .fail, "permissions", "the token may read \(name) but not push to it",
        hint: "a fine-grained token needs Contents, Issues and Pull requests: read and write; "
          + "of a classic one, its owner needs write access")
    case nil:
      Finding(.warn, "permissions", "GitHub does not say what the token may do in \(name)")
    }
  }

  /// Findings about the scopes of a classic token, which the last answer named; other tokens have
  /// none.
  ///
  /// Work in a private repository needs a wider scope than in a public one.
  func scopeFindings(isPrivate: Bool) -> [Finding] {
    let kind = client.tokens.kind
    guard let scopes = client.wire.scopes, kind != .fineGrained, kind != .installation,
      !scopes.isEmpty || kind == .classic
    else { return [] }
    let names = scopes.split(separator: ",").map { $0.trimmingWhitespace() }
    let shown = names.isEmpty ? "none" : scopes
    let isEnough = names.contains("repo") || (!isPrivate && names.contains("public_repo"))
    var findings: [Finding] = []
    if writesToBoard, !names.contains("project") {
      findings.append(
        Finding(
          .fail, "scopes", "\(shown): without `project` the token may not change the board",
          hint: "give the token the scope `project` (`read:project` only lets it look)"))
    }
    if !isEnough {
      findings.append(Finding(.warn, "scopes", shown, hint: "the token needs `repo`"))
    }
    return findings.isEmpty ? [Finding(.pass, "scopes", shown)] : findings
  }

  private var writesToBoard: Bool {
    guard let board = policy.board else { return false }
    return policy.handoffStatus != nil || policy.inProgressStatus != nil || board.convertsDrafts
  }

  private func labelFindings(_ name: RepositoryName) async throws(TrackerError) -> [Finding] {
    var findings: [Finding] = []
    for label in policy.requiredLabels {
      do throws(TrackerError) {
        let address = tracker.url(name, "/labels/\(WebAddress.encode(label))")
        _ = try await client.get(address, as: Structure.self, .fresh)
        findings.append(
          Finding(.pass, "labels", "\(name) has the label `\(GitHubAnswer.clean(label))`"))
      } catch .notFound {
        findings.append(
          Finding(
            .warn, "labels", "\(name) has no label `\(GitHubAnswer.clean(label))` yet",
            hint: "`\(labelCommand(label, name))` makes it, as `symphony init --create-label` does "
              + "for a new project"))
      }
    }
    return findings
  }

  /// As it can be typed, whatever is in the label's name; on an Enterprise Server `--repo` names
  /// the host, too.
  private func labelCommand(_ label: String, _ name: RepositoryName) -> String {
    let host = WebAddress(client.wire.apiURL)?.host ?? ""
    let place = host.isEmpty || host == "api.github.com" ? "\(name)" : "\(host)/\(name)"
    return "gh label create \(ShellWords.quoted(label)) --repo \(ShellWords.quoted(place))"
  }

  /// The rest of the limits, as the last answers told it.
  private func rateFindings() -> [Finding] {
    let spent = client.wire.spending.current
    let windows = [("requests", spent.core), ("GraphQL points", spent.graphQL)]
    let findings = windows.compactMap { unit, window in
      window.map { window in
        // Limits differ: 60 an hour for some, 15000 for others.
        let isLow = window.remaining * 10 < window.limit
        return Finding(
          isLow ? .warn : .pass, "rate",
          "\(window.remaining) of \(window.limit) \(unit) left, until \(window.resetAt.rfc3339)",
          hint: isLow ? "wait, or let fewer programs share this token" : nil)
      }
    }
    return findings.isEmpty ? [Finding(.skip, "rate", "the server sets no limit")] : findings
  }
}
