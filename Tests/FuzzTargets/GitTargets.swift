// What git, a remote and an agent's commits say: lists of refs, states of a push, words of errors.
import SymphonyCore
import SymphonyPlatform

@testable import SymphonyWorker

let gitTargets: [FuzzTarget] = [
  FuzzTarget(
    "git-refs",
    seeds: {
      Seeds.texts(
        "3f786850e387550fdab836ed7e6dc881de23001b refs/heads/main\n\n"
          + "89e6c98d92887913cadf06b2adb97f26cde4849b refs/symphony/kept/a b\n",
        "3f786850e387550fdab836ed7e6dc881de23001b\trefs/heads/main\r\n")
    }, check: checkRefs),
  FuzzTarget(
    "git-push",
    seeds: {
      Seeds.texts(
        "To https://github.com/acme/app.git\n"
          + "!\t3f78:refs/heads/symphony/x\t[rejected] (stale info)\nDone\n",
        "!\tHEAD:refs/heads/symphony/x\t[remote rejected] (protected branch hook declined)\n"
          + "remote: error: GH006: Protected branch update failed\nremote: \n",
        "=\tHEAD:refs/heads/symphony/x\t[up to date]\n",
        "fatal: unable to access 'https://a/': The requested URL returned error: 403\n")
    }, check: checkPush),
  FuzzTarget(
    "git-status",
    seeds: { Seeds.texts(" M a.swift\0?? b c\0D  d/e\0?? f/\0", "R  x\0", "?? \u{1B}[2J\0") },
    check: checkStatus),
  FuzzTarget(
    "agent-word",
    seeds: {
      Seeds.texts(
        "Done.\n\nSYMPHONY: continue", "**symphony: blocked: no access**",
        "> SYMPHONY: blocked <why>", "SYMPHONY: blocked\r\nSYMPHONY: continue.")
    }, check: checkWord),
]

private func checkRefs(_ input: [UInt8]) throws {
  let refs = RefList.read(String(decoding: input, as: UTF8.self))
  for (ref, object) in refs {
    try promise(GitSettings.isObjectName(object), "\(object.debugDescription) is no object")
    try promise(!ref.contains("\n") && !ref.isEmpty, "\(ref.debugDescription) is no ref")
  }
}

private func checkPush(_ input: [UInt8]) throws {
  let ref = "refs/heads/symphony/x"
  let half = input.count / 2
  for (output, errors) in [
    (input, ""), ([], String(decoding: input, as: UTF8.self)),
    (Array(input[..<half]), String(decoding: input[half...], as: UTF8.self)),
  ] {
    for exit in [ChildExit.exited(0), .exited(1), .exited(128), .signalled(9)] {
      let answer = GitAnswer(
        command: "git push", exit: exit, overTime: false, bytes: output, errors: errors)
      switch PushTrouble(answer, ref: ref) {
      case .refused(let why), .transient(let why):
        try promise(!why.isEmpty, "a push failed without a word")
      case .outrun: break
      }
      try promise(!answer.complaint.isEmpty, "no complaint")
      _ = (PushTrouble.isWithoutAtomic(answer), PushTrouble.wasUpToDate(answer, ref))
      _ = (answer.isConclusive, GitWords.reason(errors), GitWords.hint(errors, "/d"))
      _ = GitWords.isMachineTrouble(errors, remote: true)
    }
  }
}

/// Names of files are bytes, and stay within the tree.
private func checkStatus(_ input: [UInt8]) throws {
  for entry in input.split(separator: 0) where entry.count > 3 {
    let name = Array(entry.dropFirst(3))
    let text = Changes.name(name)
    try promise(Changes.list([text]) == name + [0], "a name is read back otherwise")
    for part in name.split(separator: UInt8(ascii: "/")) {
      guard let one = FileName(bytes: Array(part)) else { continue }
      try promise(
        one.description != ".." && !"\(one)".contains("/") && !"\(one)".contains("\0"),
        "\(one) leaves the tree")
    }
  }
}

private func checkWord(_ input: [UInt8]) throws {
  let text = String(decoding: input, as: UTF8.self)
  let word = AgentWord(text)
  if case .blocked(let reason) = word { try promise(!reason.isEmpty, "blocked without a reason") }
  var told = ToldWords()
  told.add(text)
  for line in text.split(whereSeparator: \.isNewline).prefix(100) {
    _ = told.echoes(String(line), beside: [text])
  }
}
