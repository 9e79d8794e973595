// The user's crontab, read and written through crontab(1), byte for byte: a block between two marks
// is ours, everything else is somebody's work. Called by install and uninstall; CallerSearch reads
// the lines of others here.
import SymphonyCore
import SymphonyPlatform
import SymphonyTick

struct Crontab: Equatable {
  /// As `crontab -l` printed it; empty: there is none.
  var bytes: [UInt8]
  var text: String { String(decoding: bytes, as: UTF8.self) }

  private static let newline = UInt8(ascii: "\n")
  private static let limit = 4 << 20

  /// With an end to its last line: crontab(1) takes none without.
  private var ended: Crontab {
    bytes.isEmpty || bytes.last == Self.newline ? self : Crontab(bytes: bytes + [Self.newline])
  }

  /// - Throws: `Stop` with 74 for anything but a crontab, or the plain word that there is none.
  static func read() throws -> Crontab {
    let answer = try run(["-l"], input: [])
    if answer.exit.isSuccess { return try Crontab(bytes: answer.output).exact() }
    // Only this may be taken for an empty one: what cannot be read must not be written over.
    if answer.exit == .exited(1), answer.errors.lowercased().contains("no crontab for") {
      return Crontab(bytes: [])
    }
    throw Stop(
      .state, "the crontab cannot be read: \(GitWords.reason(answer.errors) ?? "no answer")",
      hint: "`crontab -l` has to work for this user")
  }

  /// What `crontab -l` of some systems shows by two characters each, for the sake of terminals.
  private static let shown: [(byte: UInt8, as: UInt8)] = [
    (UInt8(ascii: "\r"), UInt8(ascii: "r")), (8, UInt8(ascii: "b")),
  ]
  private static let backslash = UInt8(ascii: "\\")

  /// The crontab itself behind what was listed: written back, a carriage return that was listed as
  /// a backslash and an r would have become just that.
  ///
  /// An editor gets the whole of it as it is, and one that only prints it changes nothing.
  /// - Throws: `Stop` with 74 where the two do not agree.
  private func exact() throws -> Crontab {
    let isSuspicious = zip(bytes, bytes.dropFirst()).contains { first, second in
      first == Self.backslash && Self.shown.contains { $0.as == second }
    }
    guard isSuspicious else { return self }
    let answer = try Self.run(["-e"], input: [], environment: ["VISUAL": "cat", "EDITOR": "cat"])
    let listed = answer.output.flatMap { byte in
      Self.shown.first { $0.byte == byte }.map { [Self.backslash, $0.as] } ?? [byte]
    }
    guard answer.exit.isSuccess, answer.output == bytes || listed == bytes else {
      throw Stop(
        .state, "the crontab holds control characters, and crontab(1) does not say which",
        hint: "take carriage returns and the like out of it with `crontab -e`")
    }
    return Crontab(bytes: answer.output)
  }

  /// Nil where there is no crontab(1).
  static func readIfInstalled() throws -> Crontab? { isInstalled ? try read() : nil }
  static var isInstalled: Bool { Spawn.find("crontab", environment: Host.environment) != nil }

  /// For those who want no lines in it: one that this user may not have is none, and said.
  static func readIfAllowed() -> Crontab? {
    do { return try readIfInstalled() } catch {
      Output.hint("not looked at: \((error as? Stop)?.message ?? "the crontab")")
      return nil
    }
  }

  /// Replaces it, and looks that it arrived; called within `CrontabLock.holding`, as what it was
  /// made of was read.
  func write() throws {
    let whole = ended
    let answer =
      bytes.isEmpty ? try Self.run(["-r"], input: []) : try Self.run(["-"], input: whole.bytes)
    guard answer.exit.isSuccess else {
      throw Stop(
        .state, "the crontab was not changed: \(GitWords.reason(answer.errors) ?? "no answer")")
    }
    guard try Self.read() == whole else {
      throw Stop(
        .state, "the crontab is not what was written: somebody else changed it, too",
        hint: "look at it with `crontab -l`")
    }
  }

  private static func run(
    _ arguments: [String], input: [UInt8], environment: [String: String] = [:]
  ) throws -> (exit: ChildExit, output: [UInt8], errors: String) {
    do throws(PlatformError) {
      let (output, errors) = (try MemoryFile(), try MemoryFile())
      let given = try MemoryFile(sealed: input)
      var request = SpawnRequest(
        arguments: ["crontab"] + arguments,
        environment: Host.environment.merging(environment.merging(["LC_ALL": "C"]) { $1 }) { $1 },
        directory: "/")
      request.inputDescriptor = given.descriptor
      request.outputDescriptor = output.descriptor
      request.errorDescriptor = errors.descriptor
      let pid = try Spawn.start(request)
      let end = Clock.monotonicMilliseconds() + 20_000
      while true {
        if let exit = Spawn.reap(pid) {
          guard output.size < limit else {
            throw PlatformError("read", "the crontab", 27, why: "it is larger than 4 MB")
          }
          return (exit, output.bytes(limit: limit), errors.tail(limit: 4096))
        }
        if Clock.monotonicMilliseconds() > end { Processes.signalChild(pid, Signals.killNow) }
        Clock.sleep(milliseconds: 5)
      }
    } catch {
      throw Stop(
        .usage, "crontab cannot be used: \(error.description)",
        hint: "install cron, or use `symphony install --systemd --user`")
    }
  }

  // MARK: Our block

  static func marks(of workflow: String) -> (begin: String, end: String) {
    ("# BEGIN symphony \(workflow)", "# END symphony \(workflow)")
  }

  private static let mostBytes = 990

  /// The lines for a call; cron's finest step is a minute.
  /// - Throws: `Stop` with 64 for what a crontab cannot say.
  static func block(_ call: ScheduledCall, every: CallInterval) throws -> String {
    let variables = call.variables.map { ShellWords.quoted("\($0.name)=\($0.value)") }
    let words = [call.program] + call.arguments
    guard !(call.variables.map(\.value) + words).contains(where: { $0.contains("\\") }) else {
      throw Stop(
        .usage, "cron cannot be told a path with a backslash in it",
        hint: "move the project, or use `symphony install --systemd --user`")
    }
    // Any shell that SHELL= names understands this. A bare % would end the command.
    let command = (["/usr/bin/env"] + variables + words.map(ShellWords.quoted))
      .joined(separator: " ").replacing("%", with: "\\%")
    guard command.utf8.count < mostBytes else {
      throw Stop(
        .usage, "the command is longer than the \(mostBytes) bytes that cron takes",
        hint: "shorten PATH, or use `symphony install --systemd --user`")
    }
    let marks = marks(of: call.workflow)
    var lines = [marks.begin, "# `symphony uninstall` takes these lines away again."]
    lines.append("* * * * * \(command)")
    if every == .halfMinute { lines.append("* * * * * sleep 30; \(command)") }
    return (lines + [marks.end]).joined(separator: "\n") + "\n"
  }

  func adding(_ block: String) -> Crontab {
    Crontab(bytes: ended.bytes + Array(block.utf8))
  }

  /// Without our block; nil: there is none.
  /// - Throws: `Stop` with 74 where a mark was taken out by hand: what is ours is not known then.
  func removing(_ workflow: String) throws -> Crontab? {
    try removing(Self.marks(of: workflow))
  }

  /// With whole lines behind the one of that number (from 1): what the lines above it assign holds
  /// for them, too.
  func inserting(_ block: String, behind line: Int) -> Crontab {
    var lines = ended.bytes.split(separator: Self.newline, omittingEmptySubsequences: false)
    lines.insert(
      contentsOf: block.utf8.split(separator: Self.newline).map { ArraySlice($0) },
      at: min(line, lines.count))
    return Crontab(bytes: Array(lines.joined(separator: [Self.newline])))
  }

  func removing(_ marks: (begin: String, end: String)) throws -> Crontab? {
    let lines = bytes.split(separator: Self.newline, omittingEmptySubsequences: false)
    // An editor may have given all lines ends of its own kind: ours are ours all the same.
    func places(_ mark: String) -> [Int] {
      lines.indices.filter { index in
        let line = lines[index]
        let text = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        return text.elementsEqual(mark.utf8)
      }
    }
    let (begins, ends) = (places(marks.begin), places(marks.end))
    if begins.isEmpty, ends.isEmpty { return nil }
    guard begins.count == 1, ends.count == 1, begins[0] < ends[0] else {
      throw Stop(
        .state, "the marks of symphony's lines in the crontab were changed",
        hint: "take out by hand, with `crontab -e`, what stands between "
          + "\"\(marks.begin)\" and \"\(marks.end)\"")
    }
    let kept = lines[..<begins[0]] + lines[(ends[0] + 1)...]
    return Crontab(bytes: Array(kept.joined(separator: [Self.newline])))
  }
}
