// Why a board cannot be seen, in words that name the next step: the wrong owner, number or scope, a
// permission that is missing, or a kind of token GitHub never shows boards of users to. Surveys and
// the board's examination ask. Pure.
import SymphonyCore

enum BoardAbsence {
  /// The error that the faults of an answer without the board mean.
  static func error(_ board: BoardPolicy, _ faults: [GraphQLFault], kind: TokenKind)
    -> TrackerError
  {
    let name = BoardReader.name(board)
    guard let fault = faults.first else {
      return .malformed("the board \(name) was not shown, and GitHub does not say why")
    }
    let said = GitHubAnswer.clean(fault.message)
    switch fault.type {
    case "NOT_FOUND":
      // Is it the owner that is not there, or the owner's board?
      let isOwner = fault.path == [board.scope.rawValue]
      if !isOwner, board.scope == .user, kind == .fineGrained || kind == .installation {
        return .misconfigured(
          "the board \(name) belongs to a user, and GitHub shows those to no \(words(kind)): "
            + said,
          hint: "use a classic personal access token with the scope `project`, "
            + "or move the board to an organization")
      }
      let other = board.scope == .user ? "organization" : "user"
      return .misconfigured(
        isOwner
          ? "there is no \(board.scope.rawValue) named \(board.owner): \(said)"
          : "the board \(name) was not found: \(said)",
        hint: isOwner
          ? "correct tracker.owner, or set tracker.project_scope: \(other)"
          : "correct tracker.project_number (the number in the board's address), "
            + "or let the token see the board: \(permission(board, kind))")
    case "FORBIDDEN", "INSUFFICIENT_SCOPES":
      return .misconfigured(
        "the \(words(kind)) may not read the board \(name): \(said)", hint: permission(board, kind))
    default:
      return GraphQLFault.error(
        [fault], what: "the look at the board \(name)", accepted: nil, kind: kind)
    }
  }

  static func permission(_ board: BoardPolicy, _ kind: TokenKind) -> String {
    switch kind {
    case .fineGrained:
      "grant the token the organization permission Projects: read and write "
        + "(its resource owner must be \(board.owner))"
    case .installation:
      "grant the App the organization permission Projects: read and write, "
        + "and let \(board.owner) accept it"
    case .classic, .unknown:
      "give the token the scope `project`"
        + (board.scope == .organization ? ", and authorize it for \(board.owner)'s SSO" : "")
    }
  }

  private static func words(_ kind: TokenKind) -> String {
    switch kind {
    case .classic: "classic token"
    case .fineGrained: "fine-grained token"
    case .installation: "GitHub App"
    case .unknown: "token of this kind"
    }
  }
}
