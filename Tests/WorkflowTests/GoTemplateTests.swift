// Go's syntax: fields, variables, functions, structures, white space.

import SymphonyCore
import SymphonyWorkflow
import Testing

@Suite struct GoTemplateTests {
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
    Case("#{{.work_item.number}} {{ .issue.title }}", "#42 Make the parser accept an empty file"),
    Case("{{$.repository.full_name}}", "octo/example"),
    Case("{{.work_item.labels}}", "[agent bug]"),
    Case("{{if .attempt}}a{{else}}b{{end}}", "a"),
    Case("{{if eq .attempt 2}}a{{else if eq .attempt 1}}b{{else}}c{{end}}", "b"),
    Case("{{range .work_item.labels}}{{.}};{{end}}", "agent;bug;"),
    Case("{{range $x := .work_item.labels}}{{$x}};{{end}}", "agent;bug;"),
    Case("{{range $i, $x := .work_item.labels}}{{$i}}{{$x}}{{end}}", "0agent1bug"),
    Case("{{range $k, $v := .project_fields}}{{$k}}={{$v}} {{end}}", "Priority=High Status=Todo "),
    Case(
      "{{range .work_item.sub_issues}}{{.identifier}} of {{$.branch_name}}{{end}}",
      "octo/example#43 of symphony/octo_example_42"),
    Case("{{with .work_item.parent_issue}}{{.identifier}}{{else}}none{{end}}", "octo/example#1"),
    Case("{{with $t := .work_item.title}}{{len $t}}{{end}}", "36"),
    Case("{{$x := .work_item.number}}{{if true}}{{$x = 7}}{{end}}{{$x}}", "7"),
    Case("{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}", "21"),
    Case("{{(index .work_item.blocked_by 0).state}}", "closed"),
    Case("{{index .work_item.labels 1}} {{index .project_fields \"Status\"}}", "bug Todo"),
    Case("{{and .attempt \"x\"}} {{or \"\" \"y\"}} {{not .attempt}}", "x y false"),
    Case("{{if and (gt .max_turns 1) (lt .turn 2) (ne .turn 3)}}a{{end}}", "a"),
    Case("{{eq .work_item.state \"closed\" \"open\"}}{{le 1 1}}{{ge 2 1}}", "truetruetrue"),
    Case(
      "{{printf \"%s-%d-%v-%q-%%\" .branch_name .turn true \"a\\\"b\"}}",
      "symphony/octo_example_42-1-true-\"a\\\"b\"-%"),
    Case("{{.work_item.title | printf \"%s!\"}}", "Make the parser accept an empty file!"),
    Case("{{.work_item.labels | len | printf \"%d\"}}", "2"),
    Case("{{/* a {{comment}} */}}a {{- /* b */ -}} c", "ac"),
    Case("a {{- \" b \" -}}\n c", "a b c"),
    Case("{{if true}}\na\n{{end}}\nb", "\na\n\nb"),
    Case("{{`raw \\n {{`}}{{.turn}}", "raw \\n {{1"),
    Case("{{- 3}}{{.turn}}{{-3}}", "31-3"),
    Case("{% not a tag %} {# nor this #} {{.turn}}", "{% not a tag %} {# nor this #} 1"),
  ])
  func renders(_ wanted: Case) {
    #expect(render(wanted.template) == wanted.text)
  }

  @Test func nullPrintsNothing() {
    let first = context(["attempt": .null], item: ["parent_issue": .null, "milestone": .null])
    #expect(render("[{{.attempt}}]", first) == "[]")
    #expect(render("[{{printf \"%d%s\" .attempt .attempt}}]", first) == "[]")
    #expect(render("[{{.work_item.parent_issue.identifier}}]", first) == "[]")
    #expect(render("{{if gt .attempt 1}}a{{end}}b", first) == "b")
    #expect(render("{{with .work_item.milestone}}{{.}}{{else}}none{{end}}", first) == "none")
    #expect(render("{{range .work_item.milestone}}a{{else}}none{{end}}", first) == "none")
  }

  @Test(arguments: [
    Case("{{.nope}}", "1:4: unknown variable `.nope`"),
    Case("{{if false}}{{.work_item.titel}}{{end}}", "1:26: unknown variable `work_item.titel`"),
    Case("{{.turn}}{{$x}}", "1:12: unknown variable `$x`"),
    Case("{{.turn}}{{$x = 1}}", "1:12: unknown variable `$x`"),
    Case("{{.turn | upper}}", "1:11: unknown function `upper`"),
    Case(
      "{{.turn}}{{ issue.title }}",
      "1:13: unknown function `issue`"),
    Case("{{.turn}} {{ issue }}", "1:14: unknown function `issue`"),
    Case("{{if .turn}}a", "1:1: `{{if}}` has no `{{end}}`"),
    Case("{{range .work_item.labels}}{{else}}", "1:1: `{{range}}` has no `{{end}}`"),
    Case(
      "{{.turn}}{{end}}",
      "1:10: `{{end}}` does not belong to an open `{{if}}`, `{{range}}` or `{{with}}`"),
    Case("{{define \"x\"}}{{end}}", "1:1: `{{define}}` is not supported"),
    Case("{{.turn}}{{break}}", "1:10: `{{break}}` is not supported"),
    Case("{{.turn", "1:1: the tag is not closed: `}}` is missing"),
    Case("{{.turn {{.turn}}", "1:1: the tag is not closed: `}}` is missing"),
    Case("{{/* open", "1:1: the comment is not closed: `*/}}` is missing"),
    Case("{{/* a */ x}}", "1:1: a comment must be alone in its `{{ }}`"),
    Case("{{eq .turn}}", "1:3: the function `eq` takes 2 or more arguments, not 1"),
    Case("{{.turn .turn}}", "1:9: expected `|` or the end of the tag, found `.`"),
    Case("{{.turn | .turn}}", "1:11: only a function can stand behind `|`"),
    Case("{{printf \"%x\" .turn}}", "1:3: `printf` does not know %x"),
    Case("{{printf \"%d\"}}", "1:3: `printf` has fewer arguments than % verbs"),
    Case("{{printf \"a\" .turn}}", "1:3: `printf` has more arguments than % verbs"),
    Case("{{printf \"%d\" .branch_name}}", "1:3: %d does not fit a text"),
    Case("{{eq .turn \"1\"}}", "1:3: a number cannot be compared with a text"),
    Case("{{index .work_item.labels 9}}", "1:3: `work_item.labels` has no element 9: it has 2"),
    Case("{{range .turn}}{{end}}", "1:1: a loop needs a list, not a number"),
    Case("{{len .turn}}", "1:3: a number has no length"),
    Case("{{(.turn}}", "1:9: expected `)`, found the end of the tag"),
    Case("{{if .turn}}{{else}}{{else}}{{end}}", "1:21: a second `{{else}}`"),
  ])
  func mistakes(_ wanted: Case) {
    #expect(render(wanted.template) == wanted.text)
  }

  /// One action that only Go's syntax knows makes the whole file Go's.
  @Test(arguments: [
    "{{if true}}{{end}}", "{{- .turn}}", "{{(len .turn)}}", "{{and .turn 1}}", "{{/* a */}}",
    "{{printf \"x\"}}", "{{ $x := 1 }}", "{{ eq 1 1 }}",
  ])
  func toldApart(_ action: String) {
    #expect(render("{% if %} {{ issue.title }}" + action) == "1:13: unknown function `issue`")
  }

  @Test(arguments: ["{{ index | upper }}", "{{ \" .turn $x \" }}", "{{ turn }}"])
  func tagsStayTags(_ action: String) {
    #expect(render("{% nope %}" + action) == "1:1: `{% nope %}` is not supported")
  }

  @Test func hints() {
    let engine = TemplateEngine()
    let bare = engine.check("{{.title}}", sample: sample, firstLine: 1)
    #expect(bare.first?.hint == "did you mean `.work_item.title`?")
    let near = engine.check("{{.work_item.titel}}", sample: sample, firstLine: 1)
    #expect(near.first?.hint == "did you mean `.work_item.title`?")
    let dotless = engine.check("{{.turn}}{{ issue }}", sample: sample, firstLine: 1)
    #expect(dotless.first?.hint == "this file is written in Go's syntax: write `.issue` with a dot")
  }
}
