// What the engine refuses and where it says so; text of an issue stays text; bounds.

import SymphonyCore
import SymphonyWorkflow
import Testing

@Suite struct StrictTemplateTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var template: String
    var text: String
    var testDescription: String { template }
    init(_ template: String, _ text: String) {
      self.template = template
      self.text = text
    }
  }

  @Test(arguments: [
    Case("a\n  {{ isue.title }}", "2:6: unknown variable `isue`"),
    Case("{{ issue.titel }}", "1:10: unknown variable `issue.titel`"),
    Case("{{ issue.title.nope }}", "1:16: `issue.title` is a text and has no `nope`"),
    Case("{% if false %}{{ nope }}{% endif %}", "1:18: unknown variable `nope`"),
    Case("{% for x in [] %}{{ nope }}{% endfor %}", "1:21: unknown variable `nope`"),
    Case("{% for x in [] %}{{ x }}{% endfor %}{{ x }}", "1:40: unknown variable `x`"),
    Case("{{ loop.index }}", "1:4: unknown variable `loop`"),
    Case("{{ issue.title | shout }}", "1:18: unknown filter `shout`"),
    Case("{% if false %}{{ \"\" | shout }}{% endif %}", "1:23: unknown filter `shout`"),
    Case("{{ issue.title | upper(1) }}", "1:18: the filter `upper` takes no arguments, not 1"),
    Case("{{ issue.title | default }}", "1:18: the filter `default` takes 1 argument, not 0"),
    Case("{{ issue.title", "1:1: the tag is not closed: `}}` is missing"),
    Case("{{ issue.title }\n{{ issue.body }}", "1:1: the tag is not closed: `}}` is missing"),
    Case("{% if attempt", "1:1: the tag is not closed: `%}` is missing"),
    Case("{# open", "1:1: the tag is not closed: `#}` is missing"),
    Case("{{ \"open }}\n", "1:4: the quote is not closed"),
    Case("{% if attempt %}", "1:1: `{% if %}` has no `{% endif %}`"),
    Case("a{% for x in issue.labels %}", "1:2: `{% for %}` has no `{% endfor %}`"),
    Case(
      "{% endif %}",
      "1:1: `{% endif %}` does not belong to an open `{% if %}` or `{% for %}`"),
    Case(
      "{% if attempt %}{% endfor %}",
      "1:17: `{% endfor %}` here, where one of elif, else, endif is expected"),
    Case("{% set x = 1 %}", "1:1: `{% set %}` is not supported"),
    Case("{% include \"x\" %}", "1:1: `{% include %}` is not supported"),
    Case("{{ }}", "1:4: expected a variable or a text, found the end of the tag"),
    Case("{{ issue.title() }}", "1:15: expected the end of the tag, found `(`"),
    Case("{{ attempt + 1 }}", "1:12: expected the end of the tag, found `+`"),
    Case("{{ \"a\" if attempt else \"b\" }}", "1:8: expected the end of the tag, found `if`"),
    Case("{% if attempt is none %}{% endif %}", "1:15: expected the end of the tag, found `is`"),
    Case("{% if attempt = 1 %}{% endif %}", "1:15: expected the end of the tag, found `=`"),
    Case("{{ issue. }}", "1:11: expected a name after the dot, found the end of the tag"),
    Case("{{ 12x }}", "1:4: `12x` is not a number"),
    Case("{{ \"\\q\" }}", "1:5: `\\q` is not known inside a text"),
    Case("{{ issue.labels[9] }}", "1:16: `issue.labels` has no element 9: it has 2"),
    Case("{{ issue.labels | upper }}", "1:19: the filter `upper` needs a text, not a list"),
    Case("{{ attempt < \"x\" }}", "1:12: a number and a text have no order"),
    Case("{% for x in attempt %}{% endfor %}", "1:1: a loop needs a list, not a number"),
    Case("{% if 1 in attempt %}{% endif %}", "1:9: `in` cannot look for a number in a number"),
  ])
  func refuses(_ wanted: Case) {
    #expect(render(wanted.template) == wanted.text)
  }

  @Test func checkFindsAllMistakesWithTheFilesLines() {
    let template = """
      {{ issue.titel }}
      {% if attempt %}{{ nope }}{% else %}{{ branch_name | uper }}{% endif %}
      {% for b in issue.blocked_by %}{{ b.nam }}{% endfor %}
      {{ issue.parent_issue.nope }} {{ project_fields.Anything }}
      """
    #expect(
      check(template, firstLine: 20) == [
        "20:10: unknown variable `issue.titel`", "21:20: unknown variable `nope`",
        "21:54: unknown filter `uper`", "22:37: unknown variable `b.nam`",
        "23:23: unknown variable `issue.parent_issue.nope`",
      ])
  }

  @Test func checkLooksIntoBothSidesOfAndAndOr() {
    #expect(check("{% if attempt or nope %}{% endif %}") == ["1:18: unknown variable `nope`"])
    #expect(check("{% if none and nope %}{% endif %}") == ["1:16: unknown variable `nope`"])
    #expect(check("{{if or .turn .nope}}{{end}}") == ["1:16: unknown variable `.nope`"])
    #expect(
      check("{{with .attempt}}{{else}}{{.nope}}{{end}}") == ["1:29: unknown variable `.nope`"])
    #expect(check("{{range .work_item.labels}}{{.nope}}{{end}}").count == 1)
  }

  @Test func hints() {
    let engine = TemplateEngine()
    func hint(_ template: String) -> String? {
      engine.check(template, sample: sample, firstLine: 1).first?.hint
    }
    #expect(hint("{{ isue.title }}") == "did you mean `issue`?")
    #expect(hint("{{ title }}") == "did you mean `issue.title`?")
    #expect(hint("{{ issue.titel }}") == "did you mean `issue.title`?")
    #expect(hint("{{ branch_name | uper }}") == "did you mean `upper`?")
  }

  // MARK: Values are never templates

  @Test(arguments: [
    "{{ issue.title }}", "{% if true %}", "{{", "}}", "{%", "{# x", "{{.turn}}", "{{end}}",
    "${GITHUB_TOKEN} $HOME `id` \\", "{% endfor %}{{ nope }}", "\u{0}\u{1B}[31m\r\n\t",
    "🧑‍💻 ñ \u{202E}",
  ])
  func hostileTextIsPrintedAsItIs(_ text: String) {
    let hostile = context(
      item: ["title": .string(text), "body": .string(text), "labels": .list([.string(text)])])
    #expect(render("<{{ issue.title }}|{{ issue.labels[0] }}>", hostile) == "<\(text)|\(text)>")
    #expect(
      render("<{{.issue.title}}{{range .issue.labels}}{{.}}{{end}}>", hostile) == "<\(text)\(text)>"
    )
    #expect(render("{% if issue.title %}{{ issue.body }}{% endif %}", hostile) == text)
  }

  // MARK: Bounds

  @Test func outputIsBounded() {
    let long = context(item: ["body": .string(String(repeating: "x", count: 1_100_000))])
    #expect(render("{{ issue.body }}", long).count == 1_100_000)
    #expect(
      render("a\n{{ issue.body }}{{ issue.body }}", long).hasPrefix("2:17: the prompt is longer"))
  }

  @Test func loopsAreBounded() {
    let many = context(item: ["labels": .list(Array(repeating: .string("x"), count: 400))])
    let nested =
      "{% for a in issue.labels %}{% for b in issue.labels %}{% endfor %}{% endfor %}"
    #expect(render(nested, many) == "1:28: the loops go round too often")
  }

  @Test func nestingIsBounded() {
    let deep =
      String(repeating: "{% if true %}", count: 2000)
      + String(repeating: "{% endif %}", count: 2000)
    #expect(render(deep).contains("nested more than"))
    let goDeep =
      String(repeating: "{{if true}}", count: 2000) + String(repeating: "{{end}}", count: 2000)
    #expect(render(goDeep).contains("nested more than"))
    let parentheses = "{{ " + String(repeating: "(", count: 150) + "1"
    #expect(render(parentheses + String(repeating: ")", count: 150) + " }}").contains("too deeply"))
    let words = "{{ 1" + String(repeating: " | upper", count: 5000) + " }}"
    #expect(render(words).contains("more than 400 words"))
    let chain = "{{if eq .turn 9}}" + String(repeating: "{{else if eq .turn 9}}", count: 5000)
    #expect(render(chain + "{{else}}end{{end}}") == "end")
  }

  @Test func theSampleHoldsEveryVariableOfTheList() throws {
    let names = [
      "number", "issue_number", "identifier", "issue_identifier", "id", "work_item_id", "issue_id",
      "project_id", "project_number", "project_item_id", "content_type", "title", "body",
      "description", "url", "state", "project_status", "priority", "labels", "assignees", "author",
      "milestone", "blocked_by", "sub_issues", "parent_issue", "linked_pull_requests",
      "comments", "project_fields", "created_at", "updated_at", "skills",
    ]
    let item = try #require(sample["work_item"]?.objectValue)
    #expect(Set(item.keys) == Set(names))
    #expect(sample["issue"] == sample["work_item"])
    let listed = try fixture("config-keys.md").split(separator: "## Template variables").last ?? ""
    for name in names + (sample.objectValue ?? [:]).keys {
      #expect(listed.contains(name), "\(name)")
      #expect(check("{{ \(sample[name] == nil ? "issue." : "")\(name) | json }}") == [])
    }
    #expect(
      Set((sample["repository"]?.objectValue ?? [:]).keys)
        == ["owner", "name", "full_name", "default_branch", "clone_url_https"])
    #expect(Set((sample["wake"]?.objectValue ?? [:]).keys) == ["kind", "text", "author", "at"])
  }

  /// The first round of an item has no wake, and a strict template may speak of it all the same.
  @Test func withoutAWakeItsVariablesAreEmpty() {
    let told =
      "{% if wake %}{{ wake.author }}: {{ wake.text }}{% else %}[{{ wake.kind }}{{ wake.at }}]"
      + "{% endif %}"
    let went = "{{if .wake}}{{.wake.author}}: {{.wake.text}}{{else}}[{{.wake.kind}}]{{end}}"
    var first = sample.objectValue ?? [:]
    first["wake"] = .null
    for template in [told, went] {
      #expect(check(template) == [])
      #expect(render(template, .object(first)) == "[]")
      #expect(render(template) == "octocat: Please cover the empty line, too.")
    }
    #expect(!check("{{ wake.nope }}").isEmpty && !check("{{.wake.nope}}").isEmpty)
  }

  @Test func draftsHaveNoIssue() {
    var item = WorkItem(
      id: ItemID("D"), key: ItemKey("acme/app#draft"),
      repository: RepositoryName(owner: "a", name: "b"),
      number: nil, title: "Draft")
    item.contentType = .draftIssue
    let facts = RepositoryFacts(
      name: item.repository, defaultBranch: "main", cloneURL: "/tmp/r", credentialScope: nil,
      isPrivate: true, htmlURL: "")
    let made = TemplateContext.make(
      item: item, repository: facts, attempt: nil, branch: "b", baseBranch: "main", maxTurns: 3)
    #expect(made["issue"] == .null)
    #expect(render("{{ work_item.title }}{{ issue.title }}{{ attempt }}", made) == "Draft")
  }
}
