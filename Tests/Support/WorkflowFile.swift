// Writes a WORKFLOW.md for a test: settings as YAML lines, the prompt as the body.
// Called by scenario and command tests. It does not check
// what it writes: broken settings are what some tests are about.
import SymphonyPlatform

package enum WorkflowFile {
  /// Writes `directory/WORKFLOW.md` and returns its path.
  @discardableResult
  package static func write(
    in directory: String, settings: String, prompt: String = "Fix {{ issue.title }}.\n"
  ) throws(PlatformError) -> String {
    let path = Files.join(directory, "WORKFLOW.md")
    let end = settings.hasSuffix("\n") ? "" : "\n"
    try Files.writeAtomically(
      path, "---\n\(settings)\(end)---\n\(prompt)", mode: 0o644, durable: false)
    return path
  }

  /// Settings for a simulated GitHub: its repository, address and the label, with a `command`
  /// agent; the token comes from `$GITHUB_TOKEN`.
  ///
  /// `more` is appended as it is.
  package static func settings(
    for simulator: GitHubSimulator, label: String = "symphony", command: String,
    agent: [String: String] = [:], more: String = ""
  ) -> String {
    let extra = agent.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)\n" }.joined()
    return """
      tracker:
        kind: github
        repository: \(simulator.repository.name)
        required_labels: [\(label)]
      github:
        api_url: \(simulator.apiURL)
        token: $GITHUB_TOKEN
      agent:
        kind: command
        command: "\(command.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))"
      \(extra)\(more)
      """
  }
}
