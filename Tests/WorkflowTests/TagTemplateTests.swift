// The first syntax: values, filters, conditions, loops, white space.

import SymphonyCore
import SymphonyWorkflow
import Testing

@Suite struct TagTemplateTests {
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
    Case("no tags { } % }} %} #}", "no tags { } % }} %} #}"),
    Case("#{{ issue.number }}: {{issue.title}}", "#42: Make the parser accept an empty file"),
    Case("{{ work_item.issue_identifier }}", "octo/example#42"),
    Case("{{ issue.labels }}", "agent, bug"),
    Case("{{ issue.labels[1] }}", "bug"),
    Case("{{ issue[\"milestone\"] }}", "1.0"),
    Case("{{ issue.blocked_by[0].identifier }}", "octo/example#7"),
    Case("{{ project_fields.Priority }}{{ project_fields.Unheard }}", "High"),
    Case("{{ \"{{\" }} {{ '}}' }} {{ \"a\\n\\\"b\" }}", "{{ }} a\n\"b"),
    Case("{{ 12 }} {{ -3 }} {{ 1.5 }} {{ 2.0 }} {{ true }} {{ none }}", "12 -3 1.5 2 true "),
    Case("{# nothing {{ nope }} #}a{#- -#} b", "ab"),
    Case("{% for l in issue.labels %}{{ l }};{% endfor %}", "agent;bug;"),
    Case(
      "{% for l in issue.labels %}{{ loop.index }}/{{ loop.length }}{% if not loop.last %},"
        + "{% endif %}{% endfor %}", "1/2,2/2"),
    Case("{% for l in [] %}x{% else %}none{% endfor %}", "none"),
    Case(
      "{% for k, v in project_fields %}{{ k }}={{ v }} {% endfor %}", "Priority=High Status=Todo "),
    Case("{% for k in project_fields %}{{ k }} {% endfor %}", "Priority Status "),
    Case("{% for b in issue.sub_issues %}{{ b.identifier }}{% endfor %}", "octo/example#43"),
    Case(
      "{% if issue.labels %}a{% elif nope %}b{% else %}c{% endif %}",
      "1:31: unknown variable `nope`"),
    Case("{% if attempt > 5 %}a{% elif attempt == 1 %}b{% else %}c{% endif %}", "b"),
    Case("{% if \"bug\" in issue.labels and not \"x\" in issue.labels %}a{% endif %}", "a"),
    Case("{% if \"x\" not in issue.labels or \"x\" == 1 %}a{% endif %}", "a"),
    Case("{% if (attempt == 1 or attempt == 2) and attempt != 2 %}a{% endif %}", "a"),
    Case("{% if \"pars\" in issue.title %}a{% endif %}", "a"),
    Case("{% if attempt >= 1 and attempt <= 1 and 1 < 2 %}a{% endif %}", "a"),
    Case("{% if issue.state == \"open\" and not issue.labels == [] %}a{% endif %}", "a"),
    Case("{% if issue.title in [\"a\", 'b'] %}a{% else %}b{% endif %}", "b"),
    Case("{{ issue.milestone == \"1.0\" }}", "true"),
    Case("{{ none or \"x\" }}{{ \"\" and nope2 }}", "1:28: unknown variable `nope2`"),
  ])
  func renders(_ wanted: Case) {
    #expect(render(wanted.template) == wanted.text)
  }

  @Test(arguments: [
    Case("{{ issue.title | upper }}", "MAKE THE PARSER ACCEPT AN EMPTY FILE"),
    Case("{{ \" A b \" | lower | trim }}", "a b"),
    Case("{{ issue.labels | join(\", \") }}", "agent, bug"),
    Case("{{ issue.labels | join }}", "agentbug"),
    Case("{{ none | default(\"x\") }}{{ \"\" | default(\"y\") }}{{ 0 | default(1) }}", "xy0"),
    Case("{{ \"abcdef\" | truncate(5) }}|{{ \"abcde\" | truncate(5) }}", "ab...|abcde"),
    Case("{{ \"abcdef\" | truncate(3, \"\") }}{{ \"abcdef\" | truncate(2) }}", "abc.."),
    Case("{{ issue.labels | length }}{{ \"äö\" | length }}{{ none | length }}", "220"),
    Case("{{ issue.labels | json }}", "[\"agent\",\"bug\"]"),
    Case(
      "{{ repository | json }}",
      """
      {"clone_url_https":"https://github.com/octo/example.git","default_branch":"main",\
      "full_name":"octo/example","name":"example","owner":"octo"}
      """),
    Case("{{ \"a\\nb\\n\\nc\" | indent(2) }}", "a\n  b\n\n  c"),
    Case("{{ \"a\\nb\" | indent }}", "a\n    b"),
    Case("{{ none | upper }}{{ none | join(\",\") }}{{ none | json }}", "null"),
    Case("{% if issue.labels | length == 2 %}two{% endif %}", "two"),
  ])
  func filters(_ wanted: Case) {
    #expect(render(wanted.template) == wanted.text)
  }

  @Test(arguments: [
    Case("a\n{% if true %}\nb\n{% endif %}\nc\n", "a\nb\nc\n"),
    Case("a\n  {% if true %}  \n  b\n  {% endif %}\nc", "a\n  b\nc"),
    Case("{% if true %}\nb\n{% endif %}", "b\n"),
    Case("a {% if true %}b{% endif %} c\n", "a b c\n"),
    Case("{% if true %}{% if true %}\nb\n{% endif %} {% endif %}\nc", "b\nc"),
    Case("a\n{# gone #}\nb", "a\nb"),
    Case("a  {{- \" b \" -}}  c", "a b c"),
    Case("a\n\n{%- if true -%}\n\n b {% endif %}", "ab "),
    Case("{% for l in issue.labels %}\n- {{ l }}\n{% endfor %}\nend", "- agent\n- bug\nend"),
    Case("x {% if true %}\ny\n{% endif %}", "x \ny\n"),
    Case("{{ 1 }}\n{{ 2 }}\n", "1\n2\n"),
  ])
  func whiteSpace(_ wanted: Case) {
    #expect(render(wanted.template) == wanted.text)
  }

  @Test func nullPrintsNothing() {
    #expect(render("[{{ attempt }}]", context(["attempt": .null])) == "[]")
    #expect(render("{% if attempt %}a{% else %}b{% endif %}", context(["attempt": .null])) == "b")
    #expect(render("{% if attempt > 1 %}a{% endif %}b", context(["attempt": .null])) == "b")
    #expect(render("[{{ issue.title }}]", context(["issue": .null])) == "[]")
    let orphan = context(item: ["parent_issue": .null, "milestone": .null])
    #expect(render("[{{ issue.parent_issue.identifier }}{{ issue.milestone }}]", orphan) == "[]")
  }

  @Test func emptyListIsFalse() {
    let bare = context(item: ["labels": .list([])])
    #expect(render("{% if issue.labels %}a{% else %}b{% endif %}", bare) == "b")
  }
}
