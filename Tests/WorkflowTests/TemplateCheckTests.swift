// Templates are checked whenever the file is read: what renders for no item makes the file invalid,
// what renders for some of them does not; and what a template prints by itself is known.

import SymphonyCore
import SymphonyWorkflow
import Testing

@Suite struct TemplateCheckTests {
  private func prompt(_ text: String, _ yaml: String = "tracker: {kind: local}") -> WorkflowReading
  {
    reading("---\n\(yaml)\n---\n\(text)")
  }

  @Test(arguments: [
    "{{ issue.titel }}", "{% if issue.number == 0 %}{{ nope }}{% endif %}",
    "{{ issue.title | no }}",
    "{% if issue.title %}", "{% for x in issue.title %}{% endfor %}", "{{ wake.txt }}",
    "{{.work_item.titel}}", "{{if .nope}}{{end}}", "{{range .work_item.title}}{{end}}", "{{if}}",
    "{% for c in issue.comments %}{{ c.body }}{% endfor %}",
  ])
  func whatRendersForNoItemMakesTheFileInvalid(_ text: String) {
    let read = prompt("First line.\n" + text)
    #expect(read.policy == nil)
    #expect(read.shown.first?.hasPrefix("error template_error 5:") == true, "\(read.shown)")
    #expect(read.errors.first?.message.hasPrefix("the prompt cannot be rendered: ") == true)
  }

  @Test(arguments: [
    "{{ issue.milestone.title }}", "{{ issue.project_fields.Team }} {{ project_fields.Sprint }}",
    "{% if attempt > 1 %}again{% endif %}", "{{ issue.priority | upper }}", "{{ issue.labels[7] }}",
    "{% if wake.kind == 'comment' %}{{ wake.text }}{% endif %}",
    "{% for c in issue.comments %}{{ c.author }} {{ c.at }} {{ c.text }}{% endfor %}",
    "{{if eq .work_item.project_status \"Todo\"}}x{{end}}", "{{index .project_fields \"Team\"}}",
    "{{with .work_item.parent_issue}}{{.identifier}}{{end}}", "no variable", "",
  ])
  func whatRendersForSomeItemsIsLetPass(_ text: String) {
    #expect(prompt(text).policy != nil, "\(prompt(text).shown)")
  }

  @Test func everyTemplateOfTheFileIsChecked() {
    let read = prompt(
      "X",
      """
      tracker: {kind: local}
      agent: {continuation_prompt: "{{ nope }}"}
      pull_request: {title: "{{ result.massage }}", body: "{{ result.message }}"}
      """)
    #expect(read.policy == nil)
    let messages = read.errors.map(\.message)
    #expect(messages.count == 2, "\(messages)")
    #expect(messages.contains { $0.hasPrefix("agent.continuation_prompt cannot be rendered") })
    #expect(messages.contains { $0.hasPrefix("pull_request.title cannot be rendered") })
  }

  /// It was the best there was, and what runs is looked after with it.
  @Test func aStoredTextIsUsedAsItIs() {
    let stored = Workflow.read(
      text: "---\ntracker: {kind: local}\n---\n{{ nope }}\n", path: "/project/WORKFLOW.md",
      environment: [:], isStored: true, otherToken: { _ in nil })
    #expect(stored.policy != nil)
  }

  @Test(arguments: [
    ("", false, false), ("Work.", false, false), ("{{ issue.title }}", false, true),
    ("{{ wake.text }}", true, false), ("{{ wake | json }}", true, false),
    ("{% if wake %}again{% endif %}", false, false), ("{{ wake.kind }}", false, false),
    ("{% if wake.text == 'x' %}again{% endif %}", false, false),
    ("{% if issue.title %}a title{% endif %}", false, false),
    ("{% if wake %}{{ wake.text | trim }}{% else %}{{ issue.body }}{% endif %}", true, true),
    ("{{.wake.text}} {{.work_item.body}}", true, true),
    ("{{with .wake}}{{.text}}{{end}}", true, false), ("{{if .wake.text}}x{{end}}", false, false),
    ("{{range .issue.labels}}{{.}}{{end}}", false, true),
    ("{{printf \"%s\" .wake.text}}", true, false),
  ])
  func whatATemplatePrintsByItselfIsKnown(_ text: String, _ wake: Bool, _ item: Bool) {
    let reads = prompt(text).policy?.promptReads
    #expect(reads?.placesWake == wake)
    #expect(reads?.namesItem == item)
  }
}
