// Something that behaves like GitHub on the wire, for the contract tests: our own simulator
// always, and an external one (with an admin API under /_sim) where SYMPHONY_GHSIM_URL names it.
import FoundationEssentials
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport

@testable import SymphonyTrackers

enum BackendKind: String, CaseIterable, Sendable {
  case builtIn, external
  static var available: [BackendKind] {
    Host.environment["SYMPHONY_GHSIM_URL"] == nil ? [.builtIn] : [.builtIn, .external]
  }
}

struct Backend: Sendable {
  var apiURL: String
  var token: String
  var repository = RepositoryName(owner: "acme", name: "app")
  /// A label that only this test's issues carry.
  var label = "t-" + Host.randomHex(bytes: 4)
  var createIssue: @Sendable (_ title: String, _ labels: [String]) async throws -> Int
  var closeIssue: @Sendable (Int) async throws -> Void
  var deleteIssue: @Sendable (Int) async throws -> Void
  var comment: @Sendable (Int, String) async throws -> Void
  /// Commits a file to a branch of that name.
  var commit: @Sendable (String) async throws -> Void
  var merge: @Sendable (Int) async throws -> Void
  /// Carries out the next such request and then resets the connection.
  var loseAnswer: @Sendable (_ method: String, _ path: String) async throws -> Void
  /// Answers the next such request with a status instead.
  var fail: @Sendable (_ status: Int, _ path: String) async throws -> Void
  /// The statuses answered since the last call.
  var takeStatuses: @Sendable () async throws -> [Int]
  var pullRequestCount: @Sendable (_ branch: String) async throws -> Int
  /// Keeps the server alive.
  var owner: (any Sendable)?

  /// For an external server with a certificate of its own; no proxies.
  static var trust: [String: String] { Host.environment.filter { $0.key == "SSL_CERT_FILE" } }

  static func open(_ kind: BackendKind) async throws -> Backend {
    switch kind {
    case .builtIn: try await builtIn()
    case .external: external(Host.environment["SYMPHONY_GHSIM_URL"] ?? "")
    }
  }

  private static func builtIn() async throws -> Backend {
    let server = try await GitHubSimulator.start()
    return Backend(
      apiURL: server.apiURL, token: server.token,
      createIssue: { server.createIssue(title: $0, labels: $1) },
      closeIssue: { server.closeIssue($0) }, deleteIssue: { server.deleteIssue($0) },
      comment: { try server.comment($0, author: "alice", body: $1) },
      commit: { try server.commit(branch: $0, files: ["work.txt": $0]) },
      merge: { try server.mergePullRequest($0) },
      loseAnswer: { server.add(Fault(.reset, method: $0, path: $1, after: true)) },
      fail: { server.add(Fault(.status($0), path: $1)) },
      takeStatuses: {
        defer { server.clearRequestLog() }
        return server.requestLog.map(\.status)
      },
      pullRequestCount: { branch in
        server.pullRequests.filter { $0.pull?.head == branch }.count
      }, owner: server)
  }

  private static func external(_ url: String) -> Backend {
    let admin = Admin(url: url)
    let name = "acme/app"
    return Backend(
      apiURL: url, token: "ghp_symphonybot",
      createIssue: { title, labels in
        let made = try await admin.edit(
          ["op": .string("create_issue"), "repo": .string(name), "title": .string(title)])
        let number = Int(made["number"]?.integerValue ?? 0)
        for label in labels {
          _ = try await admin.edit(
            [
              "op": .string("add_label"), "issue": .string("\(name)#\(number)"),
              "label": .string(label),
            ])
        }
        return number
      },
      closeIssue: { _ = try await admin.on($0, "close") },
      deleteIssue: { _ = try await admin.on($0, "delete_issue") },
      comment: { _ = try await admin.on($0, "comment", ["body": .string($1)]) },
      commit: { branch in
        _ = try await admin.edit(
          [
            "op": .string("commit"), "repo": .string(name), "branch": .string(branch),
            "files": .object(["work.txt": .string(branch)]),
          ])
      },
      merge: { _ = try await admin.on($0, "merge") },
      loseAnswer: { method, path in
        try await admin.fault(
          ["method": .string(method), "path": .string(path)], ["kind": .string("reset")], true)
      },
      fail: { status, path in
        try await admin.fault(
          ["path": .string(path)], ["kind": .string("status"), "status": .integer(Int64(status))],
          false)
      },
      takeStatuses: {
        let log = try await admin.call("GET", "requests", .null)
        _ = try await admin.call("DELETE", "requests", .null)
        return (log.listValue ?? []).compactMap { $0["status"]?.integerValue.map { Int($0) } }
      },
      pullRequestCount: { branch in
        let world = try await admin.call("GET", "world", .null)
        let repository = (world["repositories"] ?? world["repos"])?.listValue?.first {
          $0["name"] == .string("app")
        }
        return (repository?["pulls"]?.listValue ?? []).filter { $0["head"] == .string(branch) }
          .count
      }, owner: nil)
  }
}

/// The admin API of the external simulator.
private struct Admin: Sendable {
  var url: String
  private let transport: AsyncHTTPTransport
  init(url: String) {
    self.url = url
    transport = AsyncHTTPTransport(url: url, environment: Backend.trust)
  }

  func call(_ method: String, _ path: String, _ content: Structure) async throws -> Structure {
    let body = content == .null ? nil : Array(try JSONEncoder().encode(content))
    let response = try await transport.send(
      HTTPTransportRequest(
        method: method, url: "\(url)/_sim/\(path)",
        headers: [(name: "Content-Type", value: "application/json")], body: body,
        timeoutMilliseconds: 30_000))
    guard response.status == 200 else {
      throw TransportError.failed(String(decoding: response.body, as: UTF8.self))
    }
    return try JSONDecoder().decode(Structure.self, from: Data(response.body))
  }

  func edit(_ members: [String: Structure]) async throws -> Structure {
    try await call("POST", "edit", .object(members))
  }

  func on(_ number: Int, _ op: String, _ more: [String: Structure] = [:]) async throws -> Structure
  {
    var members = more
    members["op"] = .string(op)
    members["issue"] = .string("acme/app#\(number)")
    if op == "comment" { members["by"] = .string("alice") }
    return try await edit(members)
  }

  func fault(_ match: [String: Structure], _ fault: [String: Structure], _ after: Bool) async throws
  {
    _ = try await call(
      "POST", "faults",
      .object(["match": .object(match), "fault": .object(fault), "after": .bool(after)]))
  }
}
