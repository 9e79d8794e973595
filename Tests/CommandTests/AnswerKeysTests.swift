// The keys of `status --json` and `tick --json` that programs of others rely on, each with the kinds
// of value it may have. A key may be added; one of these may neither go nor change its kind.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite struct AnswerKeysTests {
  private static let status = [
    "version": "number", "workflow": "text", "state_directory": "text", "last_poll": "text|null",
    "tracker_problem": "text", "workflow_problem": "text|null", "holds": "list",
    "holds[].kind": "text", "holds[].scope": "text", "holds[].why": "text",
    "holds[].until": "text|null", "holds[].needs_human": "flag", "github": "object|null",
    "items": "list", "items[].key": "text", "items[].id": "text", "items[].title": "text",
    "items[].url": "text", "items[].claim": "text", "items[].code": "text",
    "items[].sentence": "text", "items[].needs_human": "flag", "items[].runs": "number",
    "items[].failures": "number", "items[].branch": "text", "items[].pull_request": "text|null",
    "items[].run": "text|null", "items[].phase": "text|null", "items[].turn": "number|null",
    "items[].tokens": "number", "items[].cost_usd": "number", "items[].running_tokens": "number",
    "items[].running_cost_usd": "number", "items[].last_run": "object|null",
    "items[].last_run.id": "text", "items[].last_run.agent": "text",
    "items[].last_run.model": "text|null", "items[].last_run.outcome": "text|null",
    "items[].last_run.summary": "text", "items[].last_run.turns": "list",
    "items[].last_run.turns[].turn": "number", "items[].last_run.turns[].model": "text",
    "items[].last_run.turns[].input_tokens": "number",
    "items[].last_run.turns[].cached_input_tokens": "number",
    "items[].last_run.turns[].output_tokens": "number",
    "items[].last_run.turns[].cost_usd": "number", "items[].unpushed": "text|null",
    "items[].workspace": "text|null", "items[].left_behind": "list", "usage_today": "list",
    "usage_today[].agent": "text", "usage_today[].model": "text", "usage_today[].tokens": "number",
    "usage_today[].cost_usd": "number", "max_cost_usd_per_day": "number|null",
    "not_listed": "object", "not_listed.done": "number", "not_listed.unlisted": "number",
    "max_concurrent": "number|null", "today": "object", "today.dispatched": "number",
    "today.handed_off": "number", "today.failed": "number",
  ]

  private static let tick = [
    "version": "number", "exit_code": "number", "dry_run": "flag", "launched": "number",
    "delivered": "number", "failures": "list", "notes": "list", "warnings": "list",
    "error": "text|null", "state_directory": "text", "verdicts": "list", "verdicts[].key": "text",
    "verdicts[].id": "text", "verdicts[].title": "text", "verdicts[].code": "text",
    "verdicts[].sentence": "text", "verdicts[].needs_human": "flag", "actions": "list",
    "actions[].name": "text", "actions[].subject": "text", "actions[].sentence": "text",
    "effects": "list", "news": "list",
    "requests": "number|null", "not_modified": "number|null",
  ]

  /// Each path of an answer with the kinds of value seen there.
  static func kinds(of value: Structure, at path: String = "") -> [String: Set<String>] {
    func below(_ parts: [(String, Structure)]) -> [String: Set<String>] {
      parts.reduce(into: [:]) { found, part in
        found.merge(kinds(of: part.1, at: part.0)) { $0.union($1) }
      }
    }
    func kind(_ name: String) -> [String: Set<String>] { path.isEmpty ? [:] : [path: [name]] }
    switch value {
    case .null: return kind("null")
    case .bool: return kind("flag")
    case .integer, .number: return kind("number")
    case .string: return kind("text")
    case .list(let values):
      return kind("list").merging(below(values.map { (path + "[]", $0) })) { $1 }
    case .object(let members):
      let inner = members.map { (path.isEmpty ? $0.key : "\(path).\($0.key)", $0.value) }
      return kind("object").merging(below(inner)) { $1 }
    }
  }

  private func compare(_ answer: Structure, with promised: [String: String]) {
    let seen = Self.kinds(of: answer)
    for (path, kinds) in promised {
      let allowed = Set(kinds.split(separator: "|").map(String.init))
      #expect(seen[path]?.isSubset(of: allowed) == true, "\(path): \(seen[path] ?? [])")
    }
  }

  @Test func theKeysThatWereStay() async throws {
    let figures = #"{\"type\":\"usage\",\"input_tokens\":7,\"cost_usd\":0.5,\"model\":\"small\"}"#
    let project = try Project.local(
      issues: 2,
      agent: #"case $(cat) in *"Issue 1."*) echo "\#(figures)"; echo > a ;; *) sleep 600 ;; esac"#,
      more: "  max_cost_usd_per_day: 5\n")
    let rehearsal = try await project.run("tick", "--dry-run", "--json").json()
    compare(rehearsal, with: Self.tick)
    try await project.tickUntil(1, is: "handed_off")
    try await eventually("the second is at work") {
      _ = try await project.run("tick")
      return try await project.run("status", "--json").state().item(2)?.phase == .agent
    }
    _ = try await project.run("pause", "--why", "lunch")
    compare(try await project.run("status", "--json").json(), with: Self.status)
    try await project.stopAll()
  }
}
