// What lies in deploy/ against the program: the dashboard and the alerts ask for metrics, labels and
// values that the program tells, the dashboard can be shown, and each file has the form it should.
// Tests/System/deploy.sh asks the programs that read these files.
import FoundationEssentials
import SymphonyCore
import SymphonyReport
import Testing

/// The files below deploy/, by their path there.
private enum Deploy {
  static let root =
    "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/deploy"

  static func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: "\(root)/\(name)")), as: UTF8.self)
  }
  static func files(_ endings: String...) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: root)
      .filter { name in endings.contains { name.hasSuffix($0) } }.sorted()
  }
}

private struct Dashboard: Decodable {
  struct Source: Decodable { var type, uid: String }
  struct Place: Decodable { var x, y, w, h: Int }
  struct Target: Decodable {
    var refId, expr: String
    var datasource: Source
  }
  struct Panel: Decodable {
    var id: Int
    var title, type: String
    var datasource: Source
    var gridPos: Place
    var targets: [Target]
  }
  struct Variable: Decodable { var name, definition: String }
  struct Templating: Decodable { var list: [Variable] }
  var uid, title: String
  var schemaVersion: Int
  var panels: [Panel]
  var templating: Templating

  static let symphony = Result {
    try JSONDecoder().decode(
      Dashboard.self, from: Data(try Deploy.text("grafana/dashboards/symphony.json").utf8))
  }
}

/// A metric that a query names, with what it says of its labels.
private struct Named: Hashable, CustomStringConvertible {
  var metric: String
  var labels: [String]
  /// As `label=value`, for labels that are compared with a whole value.
  var values: [String]
  var description: String { "\(metric) \(labels) \(values)" }

  static func all(in query: String) -> [Named] {
    query.matches(of: /symphony_[a-zA-Z0-9_]+(\{[^}]*\})?/).map { match in
      let whole = String(match.output.0)
      let metric = String(whole.prefix { $0 != "{" })
      let conditions = whole.dropFirst(metric.count)
        .matches(of: /([a-zA-Z_]+)(=~|!~|!=|=)"([^"]*)"/)
      return Named(
        metric: metric, labels: conditions.map { String($0.output.1) },
        values: conditions.filter { !$0.output.2.contains("~") }
          .map { "\($0.output.1)=\($0.output.3)" })
    }
  }
}

/// All that the program may tell: no metric is left out for want of a fact.
private struct Told {
  private var labels: [String: Set<String>] = [:]
  private var values: [String: Set<String>] = [:]

  init() {
    var state = StateSources.everyKind
    state.maxConcurrent = 2
    state.lastTick?.calledAt = noon
    state.lastTick?.failedInARow = 0
    let window = TrackerUse.Window(limit: 5000, remaining: 4000, resetAt: Moment(noon))
    state.trackerUse = TrackerUse(
      points: 1, requests: 1, ceiling: nil, graphql: window, rest: window)
    var counters = Counter.Name.allCases.map { Counter($0, "") }
    counters += Outcome.allCases.map { Counter(.runs, $0.rawValue) }
    var sources = MetricsSources(
      state: state, counters: counters, totals: state.state.totals, program: "1")
    sources.databaseBytes = 1
    sources.freeBytes = [(place: "state", bytes: 1), (place: "workspaces", bytes: 1)]
    for family in MetricsReport(sources).families {
      // A histogram's own name is no series.
      let isWhole = family.kind == .gauge || family.kind == .counter
      if isWhole { labels[family.name] = [] }
      for sample in family.samples {
        let name = family.name + sample.suffix
        labels[name, default: []].formUnion(sample.labels.map(\.name))
        values[name, default: []].formUnion(sample.labels.map { "\($0.name)=\($0.value)" })
      }
    }
  }

  /// What a query asks for that nobody tells; nil: all of it is told.
  func complaint(_ named: Named) -> String? {
    guard let known = labels[named.metric] else { return "nobody tells \(named.metric)" }
    // Whoever scrapes adds these.
    let added = ["job", "instance"]
    let other = named.labels.filter { !known.contains($0) && !added.contains($0) }
    if let label = other.first { return "\(named.metric) has no label \(label)" }
    let strange = named.values.filter { value in
      !added.contains { value.hasPrefix("\($0)=") }
        && values[named.metric]?.contains(value) != true
    }
    return strange.first.map { "\(named.metric) never has \($0)" }
  }
}

@Suite struct DeployTests {
  @Test func queriesAreRead() {
    let query = #"sum(symphony_a{x="1", y=~"2|3"}) - on (job) symphony_b_sum > symphony_a"#
    #expect(
      Named.all(in: query) == [
        Named(metric: "symphony_a", labels: ["x", "y"], values: ["x=1"]),
        Named(metric: "symphony_b_sum", labels: [], values: []),
        Named(metric: "symphony_a", labels: [], values: []),
      ])
    let told = Told()
    for (metric, labels, values) in [
      ("symphony_nothing", [], []), ("symphony_active_runs", ["state"], []),
      ("symphony_work_item_state", ["state"], ["state=asleep"]),
      ("symphony_agent_session_duration_seconds", [], []),
    ] as [(String, [String], [String])] {
      #expect(told.complaint(Named(metric: metric, labels: labels, values: values)) != nil)
    }
  }

  @Test func theDashboardAsksForWhatIsTold() throws {
    let told = Told()
    let dashboard = try Dashboard.symphony.get()
    let queries = dashboard.panels.flatMap(\.targets).filter { $0.datasource.type == "prometheus" }
      .map(\.expr)
    #expect(queries.count > 15)
    for query in queries + dashboard.templating.list.map(\.definition) {
      let named = Named.all(in: query)
      #expect(!named.isEmpty, "\(query)")
      for complaint in named.compactMap(told.complaint) { Issue.record("\(complaint): \(query)") }
    }
  }

  @Test(arguments: ["prometheus/alerts.yml", "prometheus/alerts.test.yml"])
  func theAlertsAskForWhatIsTold(_ file: String) throws {
    let told = Told()
    let lines = try Deploy.text(file).split(separator: "\n")
      .filter { !$0.drop { $0 == " " }.hasPrefix("#") }
    let named = lines.flatMap { Named.all(in: String($0)) }
    #expect(named.count > 9)
    for complaint in named.compactMap(told.complaint) { Issue.record("\(file): \(complaint)") }
  }

  /// Each alert is there with a case in which it fires and one in which it does not.
  @Test func everyAlertIsTried() throws {
    let rules = try Deploy.text("prometheus/alerts.yml")
    let tests = try Deploy.text("prometheus/alerts.test.yml")
    let names = rules.matches(of: /- alert: (\w+)/).map { String($0.output.1) }
    #expect(Set(names).count == names.count)
    #expect(names.count >= 8)
    let cases = tests.split(separator: "\n").map(String.init)
    for name in names {
      let places = cases.indices.filter { cases[$0].hasSuffix("- alertname: \(name)") }
      let quiet = places.filter { cases.dropFirst($0 + 2).first?.hasSuffix("[]") == true }
      #expect(!quiet.isEmpty && quiet.count < places.count, "\(name)")
    }
  }

  @Test func thePredecessorsPanelsAreThere() throws {
    let titles = try Dashboard.symphony.get().panels.map(\.title)
    for title in [
      "Active Runs", "Max Concurrent Agents", "Retry Queue Depth", "Sessions Started",
      "Token Usage Over Time", "GitHub Writebacks", "Active Runs Over Time", "Cumulative Tokens",
    ] { #expect(titles.contains(title), "\(title)") }
    #expect(try Dashboard.symphony.get().panels.count { $0.type == "logs" } == 2)
  }

  @Test func theDashboardCanBeShown() throws {
    let dashboard = try Dashboard.symphony.get()
    let panels = dashboard.panels
    #expect(dashboard.title == "Symphony")
    #expect(dashboard.schemaVersion >= 39)
    #expect(Set(panels.map(\.id)).count == panels.count)
    #expect(Set(panels.map(\.title)).count == panels.count)
    let sources = try Deploy.text("grafana/provisioning/datasources/symphony.yml")
    var taken: [String: String] = [:]
    for panel in panels {
      let place = panel.gridPos
      #expect(place.x >= 0 && place.w > 0 && place.h > 0 && place.x + place.w <= 24)
      for x in place.x..<(place.x + place.w) {
        for y in place.y..<(place.y + place.h) {
          let other = taken.updateValue(panel.title, forKey: "\(x) \(y)")
          #expect(other == nil, "\(panel.title) lies on \(other ?? "")")
        }
      }
      #expect(!panel.targets.isEmpty)
      #expect(Set(panel.targets.map(\.refId)).count == panel.targets.count)
      for source in panel.targets.map(\.datasource) + [panel.datasource] {
        #expect(sources.contains("uid: \(source.uid)\n    type: \(source.type)\n"))
      }
    }
  }

  // MARK: Forms

  /// What is wrong with the structure of a YAML file, as far as this can be seen line by line; nil:
  /// nothing.
  private func complaint(_ text: String) -> String? {
    var keys: [Int: Set<String>] = [:]
    var block: Int?
    for (offset, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let indent = line.prefix { $0 == " " }.count
      var content = line.dropFirst(indent)
      if content.isEmpty { continue }
      if let open = block, indent > open { continue }
      block = nil
      let place = "line \(offset + 1): \(line)"
      if content.hasPrefix("#") { continue }
      if line.contains("\t") || indent % 2 != 0 || line.hasSuffix(" ") { return "spaces, \(place)" }
      if content == "---" {
        keys = [:]
        continue
      }
      keys = keys.filter { $0.key <= indent }
      var column = indent
      while content.hasPrefix("- ") {
        content = content.dropFirst(2)
        column += 2
        keys = keys.filter { $0.key < column }
      }
      var value = content
      if let key = content.prefixMatch(of: /([A-Za-z_<][^\s:"'\[{]*):(?:\s+|$)/) {
        guard keys[column, default: []].insert(String(key.output.1)).inserted else {
          return "twice the same key, \(place)"
        }
        value = content[key.range.upperBound...]
      } else if column == indent, !content.hasPrefix("[") {
        return "neither a key nor an item, \(place)"
      }
      if value.hasPrefix("|") || value.hasPrefix(">") { block = max(indent, column - 2) }
      if value.count(where: { $0 == "[" }) != value.count(where: { $0 == "]" }), block == nil {
        return "an open bracket, \(place)"
      }
    }
    return nil
  }

  @Test(arguments: [
    "a: 1\na: 2\n", "a:\n\tb: 1\n", "a:\n   b: 1\n", "a: 1\nb\n", "a: [1\n", "- a: 1\n  a: 2\n",
  ])
  func brokenStructureIsSeen(_ text: String) {
    #expect(complaint(text) != nil)
  }

  @Test func everyYAMLFileHasAStructure() throws {
    #expect(complaint("a:\n  - b: |\n      b: 1\n      b: 2\n    c: [1]\n  - b: x\n") == nil)
    let files = try Deploy.files(".yml", ".yaml")
    #expect(files.count >= 14)
    for file in files {
      let complaint = complaint(try Deploy.text(file))
      #expect(complaint == nil, "\(file): \(complaint ?? "")")
    }
  }

  @Test func everyJSONFileIsParsed() throws {
    struct Anything: Decodable {}
    for file in try Deploy.files(".json") {
      #expect(throws: Never.self, "\(file)") {
        try JSONDecoder().decode(Anything.self, from: Data(try Deploy.text(file).utf8))
      }
    }
  }

  /// An image that changes by itself is not the one that was tried.
  @Test func everyImageHasAVersion() throws {
    var seen = 0
    for file in try Deploy.files(".yml", ".yaml", "Dockerfile") {
      for match in try Deploy.text(file).matches(of: /(?m)(?:^ *image: |_IMAGE=)"?([^\s"]+)"?$/) {
        // Kustomize gives ours its tag.
        if match.output.1 == "symphony" { continue }
        let tag = match.output.1.split(separator: ":", maxSplits: 1).dropFirst().first ?? ""
        #expect(tag.contains { $0.isNumber }, "\(file): \(match.output.1)")
        seen += 1
      }
    }
    #expect(seen >= 7)
  }
}
