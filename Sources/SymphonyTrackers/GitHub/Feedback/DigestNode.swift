// The few facts of a pull request that every tick reads, as a view of it, and their digest: whoever
// stored one knows by the next whether anything has to be read again. Pure; PullRequestLook asks.
import SymphonyCore

struct DigestNode {
  var view: PullRequestView
  /// `mergeable` and `mergeStateStatus`, as they were last known.
  var mergeStates: [String]

  private static let unknown = "UNKNOWN"

  /// Nil: the answer is damaged, or about another pull request.
  ///
  /// GitHub computes `mergeable` and `mergeStateStatus` in the background, and says UNKNOWN
  /// meanwhile. What was known stays in the digest then, or each push of the base would make
  /// everything be read twice; the view says UNKNOWN, because what was known is of an older head.
  init?(_ node: Structure, _ ref: PullRequestRef, known: [String]?) {
    guard let id = node["id"]?.stringValue, node["number"]?.integerValue == Int64(ref.number),
      node["state"]?.stringValue == "OPEN", let isDraft = node["isDraft"]?.boolValue,
      let head = node["headRefOid"]?.stringValue, Self.isCommit(head),
      let base = node["baseRefName"]?.stringValue, BranchName.isUsable(base),
      let updatedAt = node["updatedAt"]?.stringValue,
      let comments = Self.connection(node["comments"]),
      let reviews = Self.connection(node["reviews"]), let threads = Self.threads(node)
    else { return nil }
    let mergeable = node["mergeable"]?.stringValue ?? Self.unknown
    let state = node["mergeStateStatus"]?.stringValue ?? Self.unknown
    mergeStates = [
      mergeable == Self.unknown ? known?.first ?? mergeable : mergeable,
      state == Self.unknown ? known?.last ?? state : state,
    ]
    let url = node["url"]?.stringValue ?? ref.url
    view = PullRequestView(
      ref: PullRequestRef(number: ref.number, url: url), id: id, head: head, base: base, digest: "")
    view.isDraft = isDraft
    view.baseHead = node["baseRef"]?["target"]?["oid"]?.stringValue.flatMap {
      Self.isCommit($0) ? $0 : nil
    }
    view.mergeability = .init(rawValue: mergeable.lowercased()) ?? .unknown
    view.mergeState = .init(rawValue: state.lowercased()) ?? .unknown
    let decision = node["reviewDecision"]?.stringValue
    // A word that is new to us is no approval.
    view.decision = decision.map { .init(rawValue: $0.lowercased()) ?? .reviewRequired }
    view.hasQueue = node["isMergeQueueEnabled"]?.boolValue ?? false
    view.isInQueue = node["isInMergeQueue"]?.boolValue ?? false
    view.checks = Self.counts(node["statusCheckRollup"])
    let rule = node["baseRef"]?["refUpdateRule"]?["requiredStatusCheckContexts"]?.listValue
    view.requiresChecks = rule?.isEmpty == false
    let automatic = node["autoMergeRequest"]?["enabledAt"]?.stringValue
    view.digest = StableHash.hex(
      ([
        head, base, view.baseHead ?? "", updatedAt, "\(isDraft)", decision ?? "", comments, reviews,
        "\(view.hasQueue) \(view.isInQueue)", automatic ?? "", Self.words(view.checks),
      ] + mergeStates + threads).joined(separator: "\n"))
  }

  private static func isCommit(_ text: String) -> Bool {
    [40, 64].contains(text.utf8.count)
      && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }

  /// How many there are, and the newest with its last change.
  private static func connection(_ connection: Structure?) -> String? {
    guard let count = connection?["totalCount"]?.integerValue,
      let nodes = connection?["nodes"]?.listValue
    else { return nil }
    let newest = nodes.first.map {
      "\($0["id"]?.stringValue ?? "") \($0["updatedAt"]?.stringValue ?? "")"
    }
    return "\(count) \(newest ?? "")"
  }

  /// Resolving a thread moves no stamp: each thread's state is in the digest.
  private static func threads(_ node: Structure) -> [String]? {
    let threads = node["reviewThreads"]
    guard let count = threads?["totalCount"]?.integerValue,
      let nodes = threads?["nodes"]?.listValue
    else { return nil }
    let states = nodes.map { thread in
      "\(thread["id"]?.stringValue ?? "") \(thread["isResolved"]?.boolValue ?? false) "
        + "\(thread["isOutdated"]?.boolValue ?? false)"
    }
    return ["\(count)"] + states.sorted()
  }

  private static func words(_ counts: CheckCounts?) -> String {
    counts.map { "\($0.open) \($0.passed) \($0.failed) \($0.needPerson)" } ?? ""
  }

  /// Nil: there are no checks.
  private static func counts(_ rollup: Structure?) -> CheckCounts? {
    let contexts = rollup?["contexts"]
    var counts = CheckCounts()
    for list in ["checkRunCountsByState", "statusContextCountsByState"] {
      for entry in contexts?[list]?.listValue ?? [] {
        let count = Int(clamping: entry["count"]?.integerValue ?? 0)
        guard (1...1_000_000).contains(count) else { continue }
        switch CheckState(entry["state"]?.stringValue ?? "") {
        case .open: counts.open += count
        case .passed: counts.passed += count
        case .failed, .broken: counts.failed += count
        case .needsPerson: counts.needPerson += count
        case .absent: break
        }
      }
    }
    return counts.all == 0 ? nil : counts
  }
}

/// What a check's state or conclusion means, one table for counts and for checks read one by one.
enum CheckState {
  case open, passed, failed, broken, needsPerson
  /// GitHub gave it up after two weeks.
  case absent

  /// By GitHub's word for it, of a status or of a check run, in any case of letters.
  ///
  /// A word that is new to us is neither a success nor the agent's work: a person has to look.
  init(_ word: String) {
    self =
      switch word.uppercased() {
      case "QUEUED", "IN_PROGRESS", "WAITING", "PENDING", "REQUESTED", "EXPECTED", "COMPLETED",
        "":
        .open
      case "SUCCESS", "NEUTRAL", "SKIPPED": .passed
      case "FAILURE", "ERROR": .failed
      case "TIMED_OUT", "CANCELLED", "STARTUP_FAILURE": .broken
      case "STALE": .absent
      default: .needsPerson
      }
  }
}
