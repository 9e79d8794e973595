// The JSON bodies GitHub documents for repositories, issues, comments, labels and pull requests.
// Pure: a world in, a Structure out. Called by the REST endpoints; which of them a caller may see
// is decided there.
import SymphonyCore

struct RestBodies {
  var world: GitHubWorld
  /// The repository whose bodies these are.
  var room: RepositoryRoom
  /// What URLs in answers begin with: the web address, or with /api/v3 when asked under it.
  var api: String

  private var name: String { room.facts.name.description }
  private var repositoryURL: String { "\(api)/repos/\(name)" }
  private var webURL: String { "\(world.web)/\(name)" }

  private func text(_ value: String) -> Structure { .string(value) }
  private func count(_ value: Int) -> Structure { .integer(Int64(value)) }
  private func time(_ value: Timestamp?) -> Structure { .optional(value?.rfc3339) }

  func user(_ login: String) -> Structure {
    let id = world.people[login.lowercased()] ?? 0
    let url = "\(api)/users/\(login)"
    return .object([
      "login": text(login), "id": count(id), "node_id": text("U_\(id)"), "url": text(url),
      "avatar_url": text("\(world.web)/avatars/u/\(id)?v=4"), "gravatar_id": text(""),
      "html_url": text("\(world.web)/\(login)"), "repos_url": text(url + "/repos"),
      "type": text(login.hasSuffix("[bot]") ? "Bot" : "User"), "user_view_type": text("public"),
      "site_admin": .bool(false),
    ])
  }

  func label(_ label: String) -> Structure {
    // Labels have no rows of their own here; an id derived from the name stays the same in every
    // answer.
    let id = Int64(truncatingIfNeeded: StableHash.value(label.lowercased()) >> 32)
    return .object([
      "id": .integer(id), "node_id": text("LA_\(id)"), "name": text(label),
      "url": text("\(repositoryURL)/labels/\(Percent.encoded(label))"), "color": text("ededed"),
      "default": .bool(false), "description": .null,
    ])
  }

  func repository(mayWrite: Bool?, full: Bool) -> Structure {
    let row = room.facts
    let open = room.issues.values.count(where: \.isOpen)
    var body: [String: Structure] = [
      "id": count(row.id), "node_id": text(GitHubWorld.nodeID("R", row.id)),
      "name": text(row.name.name),
      "full_name": text(name), "private": .bool(row.isPrivate), "owner": user(row.name.owner),
      "html_url": text(webURL), "description": .null, "fork": .bool(false),
      "url": text(repositoryURL), "issues_url": text(repositoryURL + "/issues{/number}"),
      "pulls_url": text(repositoryURL + "/pulls{/number}"),
      "labels_url": text(repositoryURL + "/labels{/name}"),
      "issue_comment_url": text(repositoryURL + "/issues/comments{/number}"),
      "clone_url": text(webURL + ".git"), "svn_url": text(webURL), "homepage": .null,
      "language": .null, "forks_count": count(0), "stargazers_count": count(0),
      "watchers_count": count(0), "size": count(1), "default_branch": text(row.defaultBranch),
      "open_issues_count": count(open), "open_issues": count(open), "is_template": .bool(false),
      "topics": .list([]), "has_issues": .bool(true), "has_projects": .bool(true),
      "has_wiki": .bool(false), "archived": .bool(row.isArchived), "disabled": .bool(false),
      "visibility": text(row.isPrivate ? "private" : "public"), "pushed_at": time(row.pushedAt),
      "created_at": time(row.createdAt), "updated_at": time(row.updatedAt), "license": .null,
      "allow_forking": .bool(true), "web_commit_signoff_required": .bool(false),
    ]
    if let mayWrite {
      body["permissions"] = .object([
        "admin": .bool(false), "maintain": .bool(false), "push": .bool(mayWrite),
        "triage": .bool(mayWrite), "pull": .bool(true),
      ])
    }
    if full {
      body["allow_merge_commit"] = .bool(true)
      body["allow_squash_merge"] = .bool(true)
      body["delete_branch_on_merge"] = .bool(false)
    }
    return .object(body)
  }

  func issue(_ issue: SimulatedIssue) -> Structure {
    let url = "\(repositoryURL)/issues/\(issue.number)"
    let page = "\(webURL)/\(issue.pull == nil ? "issues" : "pull")/\(issue.number)"
    var body: [String: Structure] = [
      "url": text(url), "repository_url": text(repositoryURL),
      "labels_url": text(url + "/labels{/name}"), "comments_url": text(url + "/comments"),
      "events_url": text(url + "/events"), "html_url": text(page), "id": count(issue.id),
      "node_id": text(issue.nodeID), "number": count(issue.number), "title": text(issue.title),
      "user": user(issue.author), "labels": .list(issue.labels.map(label)),
      "state": text(issue.isOpen ? "open" : "closed"), "locked": .bool(issue.isLocked),
      "assignee": issue.assignees.first.map(user) ?? .null,
      "assignees": .list(issue.assignees.map(user)), "milestone": milestone(issue.milestone),
      "comments": count(issue.comments.count), "created_at": time(issue.createdAt),
      "updated_at": time(issue.updatedAt), "closed_at": time(issue.closedAt),
      "author_association": text(issue.association), "active_lock_reason": .null,
      "body": issue.body.isEmpty ? .null : text(issue.body), "closed_by": .null,
      "timeline_url": text(url + "/timeline"), "performed_via_github_app": .null,
      "state_reason": .optional(issue.stateReason),
    ]
    if let pull = issue.pull {
      body["draft"] = .bool(pull.isDraft)
      body["pull_request"] = .object([
        "url": text("\(repositoryURL)/pulls/\(issue.number)"), "html_url": text(page),
        "diff_url": text(page + ".diff"), "patch_url": text(page + ".patch"),
        "merged_at": time(pull.mergedAt),
      ])
    } else {
      body["type"] = .null
      let children = issue.subIssues.count
      let done = issue.subIssues.count { world.found($0)?.isOpen == false }
      body["sub_issues_summary"] = .object([
        "total": count(children), "completed": count(done),
        "percent_completed": count(children == 0 ? 0 : done * 100 / children),
      ])
      body["issue_dependencies_summary"] = dependencies(issue)
    }
    return .object(body)
  }

  /// A commit's combined status, which leaves check runs out.
  func statuses(_ checks: [SimulatedCheck], of commit: String) -> Structure {
    let statuses = checks.filter { $0.status == nil }
    let states = statuses.compactMap(\.conclusion)
    let state = ["error", "failure", "pending"].first { states.contains($0) }
    return .object([
      "state": text(state ?? (states.isEmpty ? "pending" : "success")), "sha": text(commit),
      "total_count": count(statuses.count),
      "statuses": .list(
        statuses.map { status in
          .object([
            "context": text(status.name), "state": .optional(status.conclusion),
            "description": .null, "target_url": .null, "created_at": time(room.facts.pushedAt),
            "updated_at": time(room.facts.pushedAt),
          ])
        }),
    ])
  }

  private func milestone(_ title: String?) -> Structure {
    guard let title else { return .null }
    return .object([
      "title": text(title), "number": count(1), "state": text("open"), "description": .null,
      "due_on": .null,
    ])
  }

  /// `blocked_by` counts open blockers only.
  private func dependencies(_ issue: SimulatedIssue) -> Structure {
    let blocked = world.blocked(by: issue.place)
    return .object([
      "blocked_by": count(issue.blockedBy.count { world.found($0)?.isOpen == true }),
      "total_blocked_by": count(issue.blockedBy.count),
      "blocking": count(blocked.count(where: \.isOpen)), "total_blocking": count(blocked.count),
    ])
  }

  func comment(_ comment: SimulatedComment) -> Structure {
    let kind = world.found(comment.issue)?.pull == nil ? "issues" : "pull"
    return .object([
      "url": text("\(repositoryURL)/issues/comments/\(comment.id)"),
      "html_url": text("\(webURL)/\(kind)/\(comment.issue.number)#issuecomment-\(comment.id)"),
      "issue_url": text("\(repositoryURL)/issues/\(comment.issue.number)"), "id": count(comment.id),
      "node_id": text(GitHubWorld.nodeID("IC", comment.issue.repository, comment.id)),
      "user": user(comment.author),
      "created_at": time(comment.createdAt), "updated_at": time(comment.updatedAt),
      "body": text(comment.body), "author_association": text(comment.association),
      "performed_via_github_app": .null,
    ])
  }

  private func side(_ branch: String, _ commit: String, mayWrite: Bool?) -> Structure {
    let owner = room.facts.name.owner
    return .object([
      "label": text("\(owner):\(branch)"), "ref": text(branch), "sha": text(commit),
      "user": user(owner), "repo": repository(mayWrite: mayWrite, full: false),
    ])
  }

  func pull(_ issue: SimulatedIssue, mayWrite: Bool?, full: Bool) -> Structure {
    guard let pull = issue.pull else { return .null }
    let url = "\(repositoryURL)/pulls/\(issue.number)"
    let page = "\(webURL)/pull/\(issue.number)"
    var body: [String: Structure] = [
      "url": text(url), "id": count(pull.id), "node_id": text(issue.nodeID),
      "html_url": text(page), "diff_url": text(page + ".diff"), "patch_url": text(page + ".patch"),
      "issue_url": text("\(repositoryURL)/issues/\(issue.number)"), "number": count(issue.number),
      "state": text(issue.isOpen ? "open" : "closed"), "locked": .bool(issue.isLocked),
      "title": text(issue.title), "user": user(issue.author),
      "body": issue.body.isEmpty ? .null : text(issue.body), "created_at": time(issue.createdAt),
      "updated_at": time(issue.updatedAt), "closed_at": time(issue.closedAt),
      "merged_at": time(pull.mergedAt), "merge_commit_sha": .optional(pull.mergeCommit),
      "assignee": issue.assignees.first.map(user) ?? .null,
      "assignees": .list(issue.assignees.map(user)),
      "requested_reviewers": .list(pull.reviewing.requested.map(user)),
      "requested_teams": .list([]), "labels": .list(issue.labels.map(label)),
      "milestone": milestone(issue.milestone), "draft": .bool(pull.isDraft),
      "comments_url": text("\(repositoryURL)/issues/\(issue.number)/comments"),
      "statuses_url": text("\(repositoryURL)/statuses/\(pull.headSHA)"),
      "head": side(pull.head, pull.headSHA, mayWrite: mayWrite),
      "base": side(pull.base, pull.baseSHA, mayWrite: mayWrite),
      "author_association": text(issue.association), "auto_merge": .null,
      "active_lock_reason": .null,
    ]
    if full {
      body["merged"] = .bool(pull.isMerged)
      // GitHub computes it in the background and answers null meanwhile; here it never becomes
      // known.
      body["mergeable"] = .null
      body["rebaseable"] = .null
      body["mergeable_state"] = text("unknown")
      body["comments"] = count(issue.comments.count)
      body["maintainer_can_modify"] = .bool(false)
    }
    return .object(body)
  }
}
