// The prompts for the agent: the workflow's prompt where a run begins, in a resumed session as
// well, and for a session that knows nothing yet; short continuations for the rest of the run.
// Called by TurnLoop. People's words arrive as variables of the template, or fenced in `promptNote`
// and in the feedback of a round.
import SymphonyCore

struct Prompts {
  enum Kind {
    /// The workflow's prompt.
    case issue
    /// The last turn ended well and left nothing, or the agent asked for more.
    case goOn
    /// The last turn left changes that are not committed.
    case commit
  }

  let spec: RunSpec
  let renderer: any PromptRenderer
  /// Nil: the run is no round of feedback.
  var round: FeedbackRound?

  /// `knowsIssue`: false for a session that begins with this prompt: it gets the workflow's prompt,
  /// and what the kind has to say after it.
  /// - Throws: `.ended` with the code `template_error` and the place in the workflow's file.
  func render(_ kind: Kind, knowsIssue: Bool, turn: Int, of maxTurns: Int) throws(RunStop) -> String
  {
    var members = spec.context.objectValue ?? [:]
    members["turn"] = .integer(Int64(turn))
    members["max_turns"] = .integer(Int64(maxTurns))
    if let round { members["feedback"] = round.variables }
    let own = try text(kind, members, turn, maxTurns)
    if kind == .issue { return own }
    let further = round?.reminder.map { own + "\n" + $0 + "\n" } ?? own
    if knowsIssue { return further }
    return try text(.issue, members, turn, maxTurns) + "\n\n" + further
  }

  private func text(
    _ kind: Kind, _ members: [String: Structure], _ turn: Int, _ maxTurns: Int
  ) throws(RunStop) -> String {
    switch kind {
    case .issue:
      let prompt = try render(
        spec.promptTemplate, .object(members), firstLine: spec.promptLine,
        place: spec.workflowPath)
      let feedback = round?.words(isPlaced: spec.placesFeedback == true)
      let added = [spec.promptNote, feedback].compactMap(\.self)
      return added.isEmpty ? prompt : ([prompt] + added).joined(separator: "\n\n") + "\n"
    case .goOn:
      if let own = spec.agent.continuationPrompt {
        return try render(
          own.text, .object(members), firstLine: own.line, place: spec.workflowPath)
      }
      return """
        Go on with the issue you are working on. This is turn \(turn) of at most \(maxTurns), in \
        the same workspace and on the branch `\(spec.git.branch)`. Your last turn left no new \
        commit there, or you asked for another turn.

        - Look at what is already done (`git status`, `git log`), do what is missing, check it.
        - Commit your work; only commits count.
        - If you cannot go on without a person, end your message with the line
          `SYMPHONY: blocked: <reason>`.

        """
    case .commit:
      return """
        Your last turn left changes in the workspace that are not committed. Look at them \
        (`git status`, `git diff`), remove what does not belong to the issue, and commit the rest \
        to the branch `\(spec.git.branch)` with a message that says what was done. Do not push. \
        If the work is not complete yet, complete it first.

        """
    }
  }

  private func render(_ template: String, _ context: Structure, firstLine: Int, place: String)
    throws(RunStop) -> String
  {
    do throws(TemplateError) {
      return try renderer.render(template, context: context, firstLine: firstLine)
    } catch {
      let hint = error.hint.map { "; \($0)" } ?? ""
      throw .failed(
        error.code, "\(place):\(error.line):\(error.column): \(error.sentence)\(hint)")
    }
  }
}
