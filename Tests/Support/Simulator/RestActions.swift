// The endpoints of GitHub Actions: runs and jobs with their attempts, jobs run again, and logs, which
// lie on another port and want no token. Called by Rest once the caller may do what it asks.
import SymphonyCore
import SymphonyPlatform

enum RestActions {
  static func answer(_ call: RestCall, _ world: inout GitHubWorld) throws -> WireReply {
    let room = try world.room(call.repository)
    let id = call.segments.count > 2 ? Int(call.segments[2]) ?? 0 : 0
    switch (call.method, call.pattern) {
    case ("GET", "actions/runs"):
      let commit = call.request.value("head_sha") ?? ""
      let checks = (room.checks[commit] ?? []).filter(isJob)
      let runs = Dictionary(grouping: checks, by: \.run).sorted { $0.key < $1.key }
      return list("workflow_runs", runs.map { run($0.value, commit, room, world) })
    case ("GET", "actions/runs/#"):
      let (commit, checks) = try jobs(ofRun: id, room)
      return .json(200, run(checks, commit, room, world))
    case ("GET", "actions/runs/#/jobs"):
      let (commit, checks) = try jobs(ofRun: id, room)
      return list("jobs", checks.map { job($0, commit, room, world) })
    case ("GET", "actions/jobs/#"):
      let found = try self.job(id, room)
      return .json(200, job(found.check, found.commit, room, world))
    case ("GET", "actions/jobs/#/logs"):
      return try log(of: self.job(id, room).check, &world)
    case ("POST", "actions/runs/#/rerun-failed-jobs"):
      try world.rerun(id, in: call.repository) {
        !["success", "skipped", "neutral"].contains($0.conclusion)
      }
      return .json(201, .object([:]))
    case ("POST", "actions/jobs/#/rerun"):
      let found = try self.job(id, room)
      try world.rerun(found.check.run, in: call.repository) { $0.name == found.check.name }
      return .json(201, .object([:]))
    default: throw RestError.notFound
    }
  }

  private static func isJob(_ check: SimulatedCheck) -> Bool {
    check.status != nil && check.app == "github-actions"
  }

  private static func list(_ name: String, _ entries: [Structure]) -> WireReply {
    .json(
      200,
      .object(["total_count": .integer(Int64(entries.count)), name: .list(entries)]))
  }

  private static func jobs(ofRun run: Int, _ room: RepositoryRoom)
    throws(RestError) -> (commit: String, checks: [SimulatedCheck])
  {
    for (commit, checks) in room.checks {
      let jobs = checks.filter { isJob($0) && $0.run == run }
      if !jobs.isEmpty { return (commit, jobs) }
    }
    throw .notFound
  }

  /// As it is, or as it was in an earlier attempt.
  private static func job(_ id: Int, _ room: RepositoryRoom) throws(RestError) -> SimulatedAttempt {
    guard let known = room.jobs[id], isJob(known.check) else { throw .notFound }
    let now = room.checks[known.commit]?.first { $0.id == id }
    return SimulatedAttempt(commit: known.commit, check: now ?? known.check)
  }

  private static func run(
    _ checks: [SimulatedCheck], _ commit: String, _ room: RepositoryRoom, _ world: GitHubWorld
  ) -> Structure {
    let isOver = checks.allSatisfy { $0.status == "completed" }
    let isGreen = checks.allSatisfy {
      ["success", "skipped", "neutral"].contains($0.conclusion)
    }
    let first = checks[0]
    return .object([
      "id": .integer(Int64(first.run)), "name": .string(first.workflow),
      "workflow_id": .integer(Int64(StableHash.value(first.workflow) >> 40)),
      "event": .string(first.event), "head_sha": .string(commit),
      "run_attempt": .integer(Int64(checks.map(\.attempt).max() ?? 1)),
      "status": .string(isOver ? "completed" : "in_progress"),
      "conclusion": isOver ? .string(isGreen ? "success" : "failure") : .null,
      "run_started_at": .string((first.at ?? world.now).rfc3339),
      "updated_at": .string((first.at ?? world.now).rfc3339),
      "html_url": .string("\(world.web)/\(room.facts.name)/actions/runs/\(first.run)"),
    ])
  }

  private static func job(
    _ check: SimulatedCheck, _ commit: String, _ room: RepositoryRoom, _ world: GitHubWorld
  ) -> Structure {
    let time = Structure.string((check.at ?? world.now).rfc3339)
    let page = "\(world.web)/\(room.facts.name)/actions/runs/\(check.run)/job/\(check.id)"
    return .object([
      "id": .integer(Int64(check.id)), "run_id": .integer(Int64(check.run)),
      "run_attempt": .integer(Int64(check.attempt)), "head_sha": .string(commit),
      "name": .string(check.name), "workflow_name": .string(check.workflow),
      "status": .optional(check.status), "conclusion": .optional(check.conclusion),
      "started_at": time, "completed_at": check.status == "completed" ? time : .null,
      "html_url": .string(page),
    ])
  }

  // MARK: Logs

  private static func log(of check: SimulatedCheck, _ world: inout GitHubWorld)
    throws(RestError) -> WireReply
  {
    if check.log == .expired { throw RestError(status: 410, message: "Server Error") }
    let name = Host.randomHex(bytes: 8)
    world.stored[name] = check.log
    var reply = WireReply(status: 302)
    reply.set("Content-Type", "text/html;charset=utf-8")
    if case .elsewhere(let place) = check.log {
      reply.set("Location", place)
    } else {
      reply.set("Location", "\(world.store)/stored/\(name)?sig=x")
    }
    return reply
  }

  /// What the other port answers; nil for a request that is not for it.
  static func stored(_ request: WireRequest, _ world: GitHubWorld) -> WireReply? {
    guard request.path.hasPrefix("/stored/") else { return nil }
    // The store believes its own signature only.
    if request.header("authorization") != nil {
      return .text(403, "<Error><Code>AuthenticationFailed</Code></Error>", type: "text/xml")
    }
    switch world.stored[String(request.path.dropFirst("/stored/".count))] {
    case .text(let text): return .text(200, text)
    case .endless(let line, let bytes, let end):
      let piece = Array((line + "\n").utf8)
      var body: [UInt8] = []
      body.reserveCapacity(bytes + end.utf8.count + piece.count)
      while body.count < bytes { body += piece }
      return WireReply(
        status: 200, headers: [HeaderLine("Content-Type", "text/plain")],
        body: body + Array(end.utf8))
    default: return .text(404, "<Error><Code>BlobNotFound</Code></Error>", type: "text/xml")
    }
  }
}

/// References of the repository's git, as far as a client asks.
enum RestReferences {
  static func answer(_ call: RestCall, _ world: inout GitHubWorld) throws -> WireReply {
    let room = try world.room(call.repository)
    let segments = call.segments
    guard segments.count > 3, segments[2] == "heads" else { throw RestError.notFound }
    let branch = segments[3...].joined(separator: "/")
    switch (call.method, segments[1]) {
    case ("GET", "ref"):
      guard let commit = room.heads[branch] else { throw RestError.notFound }
      return .json(
        200,
        .object([
          "ref": .string("refs/heads/\(branch)"),
          "object": .object(["type": .string("commit"), "sha": .string(commit)]),
        ]))
    case ("DELETE", "refs"):
      guard room.heads[branch] != nil else {
        throw RestError(status: 422, message: "Reference does not exist")
      }
      try room.git.deleteBranch(branch)
      try world.noteBranches(call.repository)
      return WireReply(status: 204)
    default: throw RestError.notFound
    }
  }
}
