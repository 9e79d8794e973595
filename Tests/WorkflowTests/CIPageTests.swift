// The workflows of docs/ci.md, which people copy as they are: each is YAML, and has what a run that
// commits and spends money needs.
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyWorkflow

@Suite struct CIPageTests {
  private static func workflows() throws -> [YAMLTree] {
    let root = Files.parent(of: Files.parent(of: Files.parent(of: #filePath)))
    let page = try Files.readText(Files.join(root, "docs/ci.md"))
    let blocks = page.matches(of: #/```yaml\n([\s\S]*?)```/#).map { String($0.1) }
    return try blocks.map { block in
      var log = DiagnosticLog(file: "docs/ci.md")
      let tree = YAMLTree.read(block, log: &log)
      #expect(log.entries.isEmpty, "\(log.entries)")
      return try #require(tree)
    }
  }

  @Test func eachIsOneThatCanBeCopied() throws {
    let workflows = try Self.workflows()
    #expect(workflows.count == 2)
    for workflow in workflows {
      #expect(workflow["permissions"]?["contents"]?.text == "write")
      #expect(workflow["permissions"]?["pull-requests"]?.text == "write")
      #expect(workflow["permissions"]?.keys.count == 3, "and no more than it needs")
      #expect(workflow["concurrency"]?["group"]?.text?.isEmpty == false)
      #expect(workflow["concurrency"]?["cancel-in-progress"]?.text == "false")
      let run = try #require(workflow["jobs"]?["tick"])
      let minutes = try #require(run["timeout-minutes"]?.text.flatMap { Int($0) })
      let steps = try #require(run["steps"]?.entries)
      #expect(steps.first?["with"]?["persist-credentials"]?.text == "false")
      let wait = try #require(
        steps.compactMap { $0["run"]?.text }.first { $0.contains("tick --wait") })
      #expect(wait.hasPrefix("exec symphony "), "a shell would keep the signal to itself")
      let seconds = try #require(wait.split(separator: " ").last.flatMap { Int($0) })
      #expect(seconds < minutes * 60, "there is time to end the workers")
    }
  }

  @Test func theCacheIsSavedWhateverHappens() throws {
    let workflow = try #require(try Self.workflows().last)
    let steps = try #require(workflow["jobs"]?["tick"]?["steps"]?.entries)
    let names = steps.map { $0["uses"]?.text ?? $0["run"]?.text ?? "" }
    let restored = try #require(names.firstIndex { $0.hasPrefix("actions/cache/restore@") })
    let adopted = try #require(names.firstIndex { $0 == "symphony recover --adopt" })
    let ticked = try #require(names.firstIndex { $0.contains("tick --wait") })
    let saved = try #require(names.firstIndex { $0.hasPrefix("actions/cache/save@") })
    #expect(restored < adopted && adopted < ticked && ticked < saved)
    #expect(steps[saved]["if"]?.text == "always()")
    for key in ["path", "key"] {
      #expect(steps[saved]["with"]?[key]?.text == steps[restored]["with"]?[key]?.text)
    }
    // Where states lie unless something else is said; the cache takes no path with `..` in it.
    #expect(steps[saved]["with"]?["path"]?.text == "~/.local/state/symphony")
    #expect(workflow["jobs"]?["tick"]?["env"] == nil)
  }
}

extension YAMLTree {
  fileprivate subscript(_ key: String) -> YAMLTree? {
    guard case .map(let members) = content else { return nil }
    return members.first { $0.key == key }?.value
  }
  fileprivate var keys: [String] {
    guard case .map(let members) = content else { return [] }
    return members.map(\.key)
  }
  fileprivate var text: String? {
    guard case .scalar(let text, _) = content else { return nil }
    return text
  }
  fileprivate var entries: [YAMLTree]? {
    guard case .list(let entries) = content else { return nil }
    return entries
  }
}
