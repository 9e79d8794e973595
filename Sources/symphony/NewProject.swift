// The project that `symphony init` is to set up, as a value, and the texts that follow from it:
// WORKFLOW.md with a reason for every key, and .env. Writes nothing and asks nobody.
import SymphonyAgents
import SymphonyCore
import SymphonyPlatform

struct NewProject {
  enum Source {
    case label(String, RepositoryName)
    case board(owner: String, number: Int, isUser: Bool)
    case local(label: String)
  }

  var source: Source
  var agent: String
  /// The command to run, where the agent is `command`.
  var command: String?
  /// True: the repository was named, and is not only what `origin` says.
  var isRepositoryNamed = false
  /// Nil: github.com.
  var apiURL: String?

  var workflow: String {
    let settings = [tracker, github, git, agentSection, Self.feedback, Self.polling]
    return "---\n" + settings.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n---\n"
      + Self.prompt
  }

  private var tracker: String {
    let vouch = """
        # An issue is a prompt for a program with write access: whoever puts the label on says yes
        # to its text. Read the issue first.
      """
    switch source {
    case .label(let label, let repository):
      let name =
        isRepositoryNamed
        ? "  repository: \(repository)" : "  # repository: \(repository)  # default: origin, here"
      return """
        tracker:
          kind: github
        \(name)
        \(vouch)
          labels: [\(Self.scalar(label))]
        """
    case .board(let owner, let number, let isUser):
      return """
        tracker:
          kind: github
          owner: \(Self.scalar(owner))
          project_number: \(number)
          project_scope: \(isUser ? "user" : "organization")  # whose it is: organization or user
          # Whoever moves a card into one of these says yes to the issue's text: read it first.
          active_values: [Todo, In Progress]
          terminal_values: [Done]
          in_progress_status: In Progress  # where a card goes when its run starts
        """
    case .local(let label):
      return """
        tracker:
          kind: local
          directory: issues              # a Markdown file each, such as issues/1.md
          labels: [\(Self.scalar(label))]
        """
    }
  }

  private var github: String {
    if case .local = source { return "" }
    guard let apiURL else { return "" }
    return "github:\n  api_url: \(Self.scalar(apiURL))  # of the server, not github.com"
  }

  private var git: String {
    "git:\n  branch_prefix: symphony/         # every branch of ours begins with it"
  }

  private var agentSection: String {
    var lines = ["agent:", "  kind: \(agent)"]
    if let command { lines.append("  command: \(Self.scalar(command))") }
    let probe = AgentRegistry.agent(kind: agent)?.probe(AgentPolicy())
    lines += probe?.newProjectLines ?? []
    lines += [
      "  max_concurrent: 2                # workers at a time",
      "  max_attempts: 5                  # failures in a row before a person has to look",
    ]
    // It is not known whether a script tells dollars or tokens: it gets no limit.
    if AgentKind.isScript(agent) { return lines.joined(separator: "\n") }
    if probe?.reportsDollars == true {
      lines += [
        "  max_cost_usd_per_item: 25        # dollars, as the agent tells them",
        "  max_cost_usd_per_day: 100        # all issues of this file together, by UTC",
      ]
    } else if probe != nil {
      lines.append("  max_tokens_per_item: 20000000    # \(agent) tells tokens, not dollars")
    }
    return lines.joined(separator: "\n")
  }

  private static let feedback = """
    feedback:
      enabled: true                    # reviews, comments, failed checks and conflicts of its pull
                                       # request go back to the agent; an issue labelled
                                       # no-feedback is left alone
    """

  private static let polling = """
    polling:
      interval_ms: 30000               # how often a timer's tick asks the tracker
    """

  private static let prompt = """
    You are working alone on {{ issue.identifier }}: {{ issue.title }}

    The issue, as its author wrote it:

    {{ issue.body | default("(no description)") }}

    1. Read the code that the issue touches, and the contributor notes of this repository.
    2. Make the smallest change that settles the issue, in the style of the code around it.
    3. Add or adapt tests, and run the test suite.
    4. Commit on the current branch with a message that says why. Leave publishing to symphony: it
       pushes the branch and opens the pull request, and your last message becomes its description.
    {% if attempt %}
    This is not the first run on this issue ({{ attempt }} before it): look at `git log` and
    `git status` first and go on from there.
    {% endif %}
    If the issue leaves out something that only a person can decide, change nothing and end your
    last message with a line `SYMPHONY: blocked: ` followed by the question.

    """

  static let dotEnv = """
    # Read beside WORKFLOW.md; a variable of the environment wins over it. Keep it out of git.
    # A fine-grained token for the repository: Contents, Issues and Pull requests, each read and
    # write (a board also needs Projects). Empty: `gh auth token` is asked.
    GITHUB_TOKEN=

    """

  /// A value of YAML that means exactly `text`.
  static func scalar(_ text: String) -> String {
    let isLetter: (Unicode.Scalar) -> Bool = {
      ("a"..."z").contains($0) || ("A"..."Z").contains($0)
    }
    let words: Set = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
    if let first = text.unicodeScalars.first, isLetter(first), !words.contains(text.lowercased()),
      text.unicodeScalars.allSatisfy({
        isLetter($0) || ("0"..."9").contains($0) || "-_".contains(String($0))
      })
    {
      return text
    }
    return "'" + text.replacing("'", with: "''") + "'"
  }
}
