// What git's words about a push mean, and that no push is repeated for ever.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct PushTroubleTests {
  private static let ref = "refs/heads/b"

  private func read(_ words: String, line: String? = nil, overTime: Bool = false) -> (
    kind: String, why: String
  ) {
    let printed = line.map { "To https://h/o/r.git\n!\tabc:\(Self.ref)\t\($0)\nDone\n" } ?? ""
    let answer = GitAnswer(
      command: "git push", exit: .exited(1), overTime: overTime, bytes: Array(printed.utf8),
      errors: words)
    return switch PushTrouble(answer, ref: Self.ref) {
    case .refused(let why): ("refused", why)
    case .outrun: ("outrun", "")
    case .transient(let why): ("transient", why)
    }
  }

  @Test(arguments: [
    "pre-receive hook declined", "protected branch hook declined", "permission denied",
    "push declined due to repository rule violations", "deny updating a hidden ref",
    "refusing to allow a GitHub App to create or update workflow `a` without `workflows` permission",
    "unpacker error", "non-fast-forward", "a reason that nobody has heard of",
  ])
  func whatTheRemoteRejectsIsFinal(reason: String) {
    let (kind, why) = read("", line: "[remote rejected] (\(reason))")
    #expect(kind == "refused")
    #expect(why.contains(reason))
    #expect(why.contains(Self.ref))
  }

  @Test(arguments: [
    "failed to update ref", "cannot lock ref 'refs/heads/b'", "Internal Server Error", "timeout",
  ])
  func unlessItsReasonPasses(reason: String) {
    #expect(read("", line: "[remote rejected] (\(reason))").kind == "transient")
  }

  @Test func theRemotesOwnWordsCount() {
    let declined = "[remote rejected] (pre-receive hook declined)"
    #expect(read("remote: GitLab: Internal API unreachable\n", line: declined).kind == "transient")
    let told = read("remote: \nremote: *** banner\nremote: error: GH006: no\n", line: declined)
    #expect(told.kind == "refused")
    #expect(told.why == "\(declined) \(Self.ref): error: GH006: no")
    let full = "remote: fatal: unable to write: No space left on device\n"
    #expect(read(full, line: "[remote rejected] (unpacker error)").kind == "transient")
    let large = "remote: fatal: pack exceeds maximum allowed size\n"
    #expect(read(large, line: "[remote rejected] (unpacker error)").kind == "refused")
  }

  @Test func aBranchThatMovedIsNoRefusal() {
    for reason in ["stale info", "fetch first", "non-fast-forward", "already exists"] {
      #expect(read("", line: "[rejected] (\(reason))").kind == "outrun")
    }
    #expect(read("", line: "[remote rejected] (reference already exists)").kind == "outrun")
    #expect(read("", line: "[remote rejected] (is at a but expected b)").kind == "outrun")
  }

  @Test func theLineOfAnotherRefIsNotRead() {
    let answer = GitAnswer(
      command: "git push", exit: .exited(1), overTime: false,
      bytes: Array("!\tabc:refs/other/b\t[remote rejected] (hook declined)\n".utf8), errors: "")
    guard case .transient = PushTrouble(answer, ref: Self.ref) else {
      Issue.record("read as its own")
      return
    }
  }

  @Test func whatFailedWithAnotherRefIsNotItsOwnFault() {
    #expect(read("", line: "[rejected] (atomic push failed)").kind == "transient")
    #expect(read("", line: "[remote rejected] (atomic push failure)").kind == "transient")
  }

  @Test func withoutALineTheWholePushFailed() {
    #expect(read("remote: Permission to o/r.git denied to x.").kind == "refused")
    #expect(read("The requested URL returned error: 403").kind == "refused")
    #expect(read("error: RPC failed; HTTP 413 curl 22").kind == "refused")
    #expect(read("fatal: Authentication failed for 'https://h/'").kind == "transient")
    #expect(read("The requested URL returned error: 502").kind == "transient")
    #expect(read("GH006", overTime: true).kind == "transient")
    #expect(read("", line: "[remote failure] (remote failed to report status)").kind == "transient")
  }

  /// The remote is in reach, and the reason might pass: it does not.
  @Test func theSameCommitIsSentABoundedNumberOfTimes() throws {
    let yard = try WorkerYard()
    try yard.shell(
      """
      printf '#!/bin/sh\ntest -e $YARD/busy || exit 0\necho x >> $YARD/sent\n' > hook
      printf 'echo error: try again later >&2\nexit 1\n' >> hook
      chmod +x hook && mv hook remote.git/hooks/pre-receive
      """)
    let first = try yard.perform("\(commitScript); touch $YARD/busy")
    let head = try #require(first.head)
    #expect(first.code == "", "the remote is in reach")
    var states = [first.push]
    for _ in 1..<PushTries.limit {
      states.append(try yard.perform("touch $YARD/ran") { $0.git.debt = head }.push)
    }
    for state in states.dropLast() {
      guard case .unpushed(head, let why) = state else {
        Issue.record("\(state)")
        continue
      }
      #expect(why.contains("try again later"))
    }
    guard case .refused(head, let why) = try #require(states.last) else {
      Issue.record("\(states)")
      return
    }
    #expect(why.contains("tried 5 times") && why.contains("try again later"))
    #expect(yard.text("sent") == String(repeating: "x\n", count: PushTries.limit))
    // A person who retries gets as many tries again, and another commit its own.
    let again = try yard.perform("true") { $0.git.debt = head }
    guard case .unpushed = again.push else {
      Issue.record("\(again.push)")
      return
    }
    try yard.shell("rm busy")
    #expect(try yard.perform("true") { $0.git.debt = head }.push == .pushed(head: head))
  }

  @Test func theFenceIsTriedABoundedNumberOfTimesToo() throws {
    let yard = try WorkerYard()
    try yard.shell(
      """
      printf '#!/bin/sh\necho error: try again later >&2\nexit 1\n' > remote.git/hooks/pre-receive
      chmod +x remote.git/hooks/pre-receive
      """)
    var codes: [String] = []
    for _ in 0..<PushTries.limit {
      codes.append(try yard.perform("touch $YARD/ran") { $0.git.ownsBranch = false }.code)
    }
    #expect(
      codes == ["remote_failed", "remote_failed", "remote_failed", "remote_failed"]
        + ["push_refused"])
    #expect(!Files.exists(yard.path("ran")))
  }

  private func debtOrFence(_ result: RunResult) -> String {
    if case .unpushed(_, let why) = result.push, result.outcome == .succeeded { return why }
    return result.summary
  }

  @Test func aRemoteOutOfReachIsNamedAndToldByItsCode() throws {
    let yard = try WorkerYard()
    let done = try yard.perform("\(commitScript); mv $YARD/remote.git $YARD/away.git")
    #expect(done.outcome == .succeeded)
    #expect(done.code == "remote_failed")
    let head = try #require(done.head)
    let debt = try yard.perform("true") { $0.git.debt = head }
    let cold = try yard.perform("touch $YARD/ran") { $0.git.ownsBranch = false }
    for result in [debt, cold] {
      #expect(result.code == "remote_failed")
      #expect(debtOrFence(result).contains("the remote \(yard.remote)"), "\(result)")
    }
    // However often it is out of reach: that says nothing about the push.
    for _ in 0...PushTries.limit {
      let result = try yard.perform("true") { $0.git.debt = head }
      #expect(result.code == "remote_failed")
    }
    try yard.shell("mv away.git remote.git")
    #expect(try yard.perform("true") { $0.git.debt = head }.push == .pushed(head: head))
  }
}
