// Findings of doctor about a board: whether it can be seen, its status and priority fields against
// the names in WORKFLOW.md, and the repositories of its first items with what the token may do
// there. Examination asks; one query, nothing is changed.
import SymphonyCore

struct BoardExamination {
  let tracker: GitHubTracker
  let board: BoardPolicy
  private var name: String { BoardReader.name(board) }
  private var examination: Examination { Examination(tracker: tracker) }

  func run() async -> [Finding] {
    var inquirer = Inquirer(tracker)
    var reading = AnswerReading(
      policy: tracker.policy, kind: tracker.client.tokens.kind, watched: [])
    var inquiry = Inquiry(name: "BoardExamination", wantsBoard: true, scan: Inquiry.Page())
    if let draft = board.draftRepository {
      inquiry.repositories = [Inquiry.Repository(name: draft)]
    }
    do throws(TrackerError) {
      let (reply, faults) = try await inquirer.ask(inquiry)
      reading.take(inquiry, reply, faults)
      guard let node = reply.board, let reader = reading.reader else {
        let error =
          reading.boardError ?? .malformed("the board \(name) was shown without its fields")
        return [Finding(.fail, "board", error.sentence, hint: error.hint)]
          + examination.scopeFindings(isPrivate: false)
      }
      let findings = [boardFinding(node)] + fieldFindings(reader, node.fields ?? [])
      return findings + draftFindings(reply) + repositoryFindings(node)
        + serverFindings(inquirer.features)
    } catch {
      return [Finding(.fail, "board", "\(name): \(error.sentence)", hint: error.hint)]
        + examination.scopeFindings(isPrivate: false)
    }
  }

  private func boardFinding(_ node: BoardNode) -> Finding {
    let count = node.scan.map { ", \($0.total) item\($0.total == 1 ? "" : "s")" } ?? ""
    let title = GitHubAnswer.clean(node.title)
    return Finding(
      node.isClosed ? .warn : .pass, "board",
      "\(name): `\(title)`\(count)\(node.isClosed ? ", closed" : "")",
      hint: node.isClosed ? "reopen the board, or name another with tracker.project_number" : nil)
  }

  private func fieldFindings(_ reader: BoardReader, _ fields: [FieldNode]) -> [Finding] {
    var findings: [Finding] = []
    if let problem = reader.problem {
      findings.append(Finding(.fail, "statuses", problem.sentence, hint: problem.hint))
    } else {
      let active = reader.existingActive.map(GitHubAnswer.clean).joined(separator: ", ")
      findings.append(
        Finding(.pass, "statuses", "active by the field `\(board.statusField)`: \(active)"))
    }
    let missing = reader.missingTerminal.map { "`\(GitHubAnswer.clean($0))`" }
    if !missing.isEmpty, reader.statusOptions != nil {
      let isNone = missing.count == tracker.policy.terminalStatuses.count
      findings.append(
        Finding(
          isNone ? .warn : .pass, "statuses",
          "terminal values the board does not have: \(missing.joined(separator: ", "))",
          hint: isNone ? "set tracker.terminal_values to the status finished items get" : nil))
    }
    let canFilter = BoardReader.filter(board, active: reader.existingActive) != nil
    if !canFilter, !reader.existingActive.isEmpty {
      findings.append(
        Finding(
          .warn, "statuses",
          "GitHub's filter cannot name these statuses: every tick reads the "
            + "whole board", hint: "use names without quotation marks for the field and its options"
        ))
    }
    findings.append(priorityFinding(fields))
    return findings
  }

  private func priorityFinding(_ fields: [FieldNode]) -> Finding {
    guard let field = fields.first(where: { $0.name.folded == board.priorityField.folded }) else {
      return Finding(
        .pass, "priority", "the board has no field `\(board.priorityField)`: the oldest item first")
    }
    guard let options = field.options else {
      return field.kind == "NUMBER"
        ? Finding(.pass, "priority", "by the number in `\(field.name)`, lower first")
        : Finding(
          .warn, "priority", "`\(field.name)` is neither a single select nor a number",
          hint: "set tracker.priority_field_name to another field")
    }
    guard let map = board.priorityMap else {
      let names = options.map(GitHubAnswer.clean).joined(separator: ", ")
      return Finding(.pass, "priority", "by the options of `\(field.name)`: \(names)")
    }
    let unknown = map.keys.filter { key in !options.contains { $0.folded == key } }.sorted()
    return unknown.isEmpty
      ? Finding(.pass, "priority", "by tracker.priority_value_map")
      : Finding(
        .warn, "priority",
        "tracker.priority_value_map names \(unknown.joined(separator: ", ")), which "
          + "`\(field.name)` does not have",
        hint: "its options are \(options.joined(separator: ", "))")
  }

  private func draftFindings(_ reply: InquiryReply) -> [Finding] {
    guard let draft = board.draftRepository, reply.repositories[0] == nil else { return [] }
    return [
      Finding(
        .fail, "drafts", "tracker.draft_repository \(draft) is not there or not visible",
        hint: "correct it, or give the token access to it")
    ]
  }

  /// Of the first page of items: enough to find a token that lacks a repository.
  private func repositoryFindings(_ node: BoardNode) -> [Finding] {
    let places = (node.scan?.items ?? []).compactMap { $0 }
    var seen: [String: RepositoryNode] = [:]
    for repository in places.compactMap({ $0.content?.repository }) {
      seen[repository.facts.name.description] = repository
    }
    var findings = seen.sorted { $0.key < $1.key }.flatMap { _, repository in
      [examination.pushFinding(repository.mayPush, repository.facts.name)]
        + examination.obstacleFindings(repository.facts)
    }
    let hidden = places.count { $0.isUnreadable || $0.kind == .redacted }
    findings += examination.scopeFindings(
      isPrivate: hidden > 0 || seen.values.contains { $0.facts.isPrivate })
    if hidden > 0 {
      findings.append(
        Finding(
          .warn, "permissions",
          "\(hidden) of the first \(places.count) items are kept from this token",
          hint: "give it their repositories, with Issues and Pull requests: read and write, "
            + "or name the ones you mean in tracker.repo_allowlist"))
    }
    return findings
  }

  private func serverFindings(_ features: ServerFeatures) -> [Finding] {
    let missing = ServerFeature.allCases.filter { !features.has($0) }
    if missing.isEmpty { return [] }
    let words = missing.map { feature in
      switch feature {
      case .itemFilter: "filters on boards (every tick reads the whole board)"
      case .archivedStates: "leaving out archived items"
      case .dependencies: "dependencies between issues (none are waited for)"
      case .subIssues: "sub-issues (none are waited for)"
      case .closingPullRequests: "pull requests that close an issue"
      case .mergeQueue: "merge queues (pull requests are merged directly)"
      case .wideIDs: "ids of comments wider than 32 bits"
      case .origins: "who edited and labelled an issue (no stranger's text is worked on)"
      }
    }
    return [
      Finding(
        .warn, "server", "this server does not know \(words.joined(separator: ", "))",
        hint: "a newer Enterprise Server does")
    ]
  }
}
