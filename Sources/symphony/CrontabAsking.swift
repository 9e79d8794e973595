// Has cron call doctor once: a line in the user's crontab behind the one that calls ticks, or for
// the machine's crontabs a file of its own in /etc/cron.d. Both are taken away again whatever
// happens; what a kill leaves behind takes itself out when cron calls it, and `uninstall` does,
// too. Nobody's line is lost: a crontab that changed meanwhile is not written over.
import SymphonyCore
import SymphonyPlatform
import SymphonyTick

struct CrontabAsking {
  let workflow: String

  var marks: (begin: String, end: String) {
    ("# BEGIN symphony doctor \(workflow)", "# END symphony doctor \(workflow)")
  }

  /// Lines for a crontab that has `line`.
  /// - Throws: `Stop` with 64 for a line that cannot be made to ask.
  func block(_ line: CronLine, _ box: AnswerBox) throws -> String {
    guard let call = line.asking(answer: box.answer, said: box.said) else {
      throw Stop(
        .usage, "it is not understood how this line calls ticks: \(line.command)",
        hint: "write it as `... symphony tick --scheduled ...`")
    }
    return [marks.begin, "# Takes itself out; `symphony uninstall` does, too.", call, marks.end]
      .joined(separator: "\n") + "\n"
  }

  // MARK: The user's crontab

  /// Runs `wait` while the line is in the crontab.
  func inCrontab<Answer>(
    _ line: CronLine, behind number: Int, _ before: Crontab, _ box: AnswerBox,
    _ wait: () throws -> Answer
  ) throws -> Answer {
    let asking = before.inserting(try block(line, box), behind: number)
    let answer: Result<Answer, any Error> = try CrontabLock.holding {
      guard try Crontab.read() == before else {
        throw Stop(
          .willRetry, "the crontab changed at this moment: it is left alone",
          hint: "try again when nobody edits it")
      }
      return Result { try asking.write() }
    }.flatMap { Result { try wait() } }
    try restore(before, from: asking)
    return try answer.get()
  }

  /// Puts the crontab back byte for byte; if somebody else changed it, theirs without our line.
  func restore(_ before: Crontab, from asking: Crontab) throws {
    try CrontabLock.holding {
      let now = try Crontab.read()
      if now == before { return }
      if now == asking { return try before.write() }
      guard let without = try now.removing(marks) else { return }
      Output.remark(
        "the crontab was changed meanwhile: only symphony's line for doctor is taken out")
      try without.write()
    }
  }

  // MARK: The machine's crontabs

  static let folder = "/etc/cron.d"
  /// cron reads no file there whose name has a dot in it.
  private var file: String {
    Files.join(Self.folder, "symphony-doctor-\(StableHash.hex(workflow, 8))")
  }

  /// The same in a file of its own, which only root can write.
  func inOwnFile<Answer>(
    _ line: CronLine, _ box: AnswerBox, _ wait: () throws -> Answer
  ) throws -> Answer {
    let text = line.assignments.map { $0 + "\n" }.joined() + (try block(line, box))
    do throws(PlatformError) { try Files.create(file, text, mode: 0o644) } catch {
      throw Stop(
        .state, error.description, hint: "only root can have \(Self.folder) read by cron: use sudo")
    }
    defer { try? Files.remove(file) }
    return try wait()
  }

  // MARK: Leftovers

  /// Removes the lines and files of an earlier doctor that was killed.
  /// - Returns: what was removed, for a person.
  @discardableResult
  func removeLeftovers() -> [String] {
    var removed: [String] = []
    let wasThere =
      try? !Crontab.isInstalled
      ? false
      : CrontabLock.holding {
        guard let without = try Crontab.readIfInstalled()?.removing(marks) else { return false }
        try without.write()
        return true
      }
    if wasThere == true { removed.append("doctor's line in your crontab") }
    if Host.userID == 0, Files.exists(file), (try? Files.remove(file)) != nil {
      removed.append(file)
    }
    return removed
  }
}
