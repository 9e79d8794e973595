// Every place in what a run leaves for a tick where words of an agent, a hook or a server may
// stand: the one list of them, for taking secrets out before anything is recorded.

extension RunResult {
  /// The same with all words of agents, hooks and servers changed; for taking secrets out of them.
  package func changingWords(_ change: (String) -> String) -> RunResult {
    var changed = self
    changed.summary = change(summary)
    changed.message = change(message)
    changed.denied = denied.map(change)
    changed.remarks = remarks.map(change)
    changed.kept = kept.map(change)
    changed.replies = replies.map { $0.changingWords(change) }
    changed.push = push.changingWords(change)
    changed.session = session?.changingWords(change)
    changed.spent = spent.map { $0.changingWords(change) }
    return changed
  }
}

extension HandedReply {
  fileprivate func changingWords(_ change: (String) -> String) -> HandedReply {
    HandedReply(number: number, answer: PieceAnswer(answer.outcome, change(answer.text)))
  }
}

extension PushState {
  fileprivate func changingWords(_ change: (String) -> String) -> PushState {
    switch self {
    case .unpushed(let head, let why): .unpushed(head: head, why: change(why))
    case .refused(let head, let why): .refused(head: head, why: change(why))
    case .nothing, .pushed, .branchMoved: self
    }
  }
}

extension TurnOutcome {
  /// The same with all words of the agent changed; which of its sessions it was stays.
  package func changingWords(_ change: (String) -> String) -> TurnOutcome {
    var changed = self
    changed.message = change(message)
    changed.denied = denied.map(change)
    changed.remarks = remarks.map(change)
    changed.trouble = trouble.map { Trouble($0.kind, change($0.words)) }
    return changed
  }
}

extension SessionRef {
  /// Nil where its id is not what it was: it names no session any more.
  fileprivate func changingWords(_ change: (String) -> String) -> SessionRef? {
    guard change(id) == id else { return nil }
    let models = counted.map { (change($0.key), $0.value) }
    return SessionRef(id: id, counted: ModelUsage(models) { first, _ in first })
  }
}

extension TurnUsage {
  fileprivate func changingWords(_ change: (String) -> String) -> TurnUsage {
    TurnUsage(turn: turn, model: change(model), usage: usage)
  }
}

extension RunProgress {
  /// The same with all words of agents changed.
  package func changingWords(_ change: (String) -> String) -> RunProgress {
    var changed = self
    changed.lastEvent = change(lastEvent)
    changed.session = session?.changingWords(change)
    changed.spent = spent.map { $0.changingWords(change) }
    return changed
  }
}
