// Finds the callers that a workflow has already: crontabs and systemd timers, whoever wrote them.
// Two callers do no harm to a state, but nobody knows then which one to change or to stop. Called
// by install, which refuses, by uninstall, which names those that are not its own, and by doctor.
// Changes nothing.
import SymphonyCore
import SymphonyPlatform

/// One place from which ticks of a workflow are called, however many lines it has for that.
struct Caller: Hashable, CustomStringConvertible {
  enum Place: Hashable {
    /// The user's own.
    case crontab
    /// /etc/crontab or a file below /etc/cron.d, whose lines name a user each.
    case sharedCrontab(String)
    /// `isForMachine`: of the machine's manager, not of the user's.
    case timer(String, isForMachine: Bool)
  }
  var place: Place
  /// From 1; of crontabs only.
  var lines: [Int] = []
  /// By which a timer is enabled; nil: it only runs.
  var link: String?

  /// Says where to look.
  var description: String {
    switch place {
    case .crontab: "\(lineNames) of your crontab"
    case .sharedCrontab(let file): "\(lineNames) of \(file)"
    case .timer(let name, _):
      link.map { "the timer \(name) (\($0))" } ?? "the running timer \(name)"
    }
  }

  private var lineNames: String {
    let numbers = lines.map(String.init)
    guard let last = numbers.last, numbers.count > 1 else { return "line \(numbers.first ?? "")" }
    return "lines \(numbers.dropLast().joined(separator: ", ")) and \(last)"
  }
}

struct CallerSearch {
  let workflow: String
  private let project: String
  private let home = Self.home
  private static let home = Host.environment["HOME"] ?? Host.accountHome ?? "/"

  init(workflow: String) {
    self.workflow = workflow
    project = Files.parent(of: workflow)
  }

  func callers(crontab: Crontab?) -> [Caller] {
    var found: [Caller] = []
    func add(_ place: Caller.Place, _ text: String) {
      let lines = lines(of: text)
      if !lines.isEmpty { found.append(Caller(place: place, lines: lines)) }
    }
    if let crontab { add(.crontab, crontab.text) }
    let folder = "/etc/cron.d"
    let shared = ((try? Files.list(folder)) ?? []).sorted().map { Files.join(folder, $0) }
    for file in ["/etc/crontab"] + shared {
      guard let text = try? Files.readText(file, limit: 1 << 20) else { continue }
      add(.sharedCrontab(file), text)
    }
    for timer in enabledTimers() + runningTimers()
    where !found.contains(where: { $0.place == timer.place }) {
      found.append(timer)
    }
    return found
  }

  // MARK: Crontabs

  /// The numbers of the lines that call a tick of this workflow.
  func lines(of crontab: String) -> [Int] {
    var variables = ["HOME": home]
    var found: [Int] = []
    var mark: Int?
    let lines = crontab.splitLines(keepingEmpty: true, keepingReturns: true)
    for (index, line) in lines.enumerated() {
      let text = line.trimmingWhitespace()
      if text == Crontab.marks(of: workflow).begin { mark = index + 1 }
      if text.hasPrefix("#") { continue }
      if let (name, value) = Self.assignment(text) {
        variables[name] = value
      } else if isCall(text, from: nil, variables) || isCall(text, from: nil, [:]) {
        // In single quotes a dollar sign is one.
        found.append(index + 1)
      }
    }
    // Our own lines, whatever the program is called.
    return found.isEmpty ? mark.map { [$0] } ?? [] : found
  }

  /// `NAME = "value"` of a crontab; nil: the line is something else.
  static func assignment(_ line: String) -> (String, String)? {
    guard let equals = line.firstIndex(of: "=") else { return nil }
    let name = line[..<equals].trimmingWhitespace()
    guard !name.isEmpty,
      name.unicodeScalars.allSatisfy({ $0 == "_" || $0.properties.isAlphabetic || $0.isDigit })
    else { return nil }
    var value = line[line.index(after: equals)...].trimmingWhitespace()
    for quote in ["\"", "'"] where value.count > 1 && value.hasPrefix(quote) {
      if value.hasSuffix(quote) { value = String(value.dropFirst().dropLast()) }
    }
    return (name, value)
  }

  /// Whether a command line calls a tick of this workflow, as far as its words tell.
  ///
  /// `directory` is where it starts, if that is known; else a `cd` says it.
  func isCall(_ command: String, from directory: String?, _ variables: [String: String]) -> Bool {
    let words = Self.words(command, variables, home)
    guard words.contains("tick"),
      words.contains(where: { Files.lastName(of: $0).hasPrefix("symphony") })
    else { return false }
    var start = directory ?? home
    var named: String?
    for (word, next) in zip(words, words.dropFirst() + [""]) {
      if word == "cd" { start = Files.absolute(next, from: start) }
      if word == "-w" || word == "--workflow" || word == "tick" && next.hasSuffix(".md") {
        named = next
      }
      if word.hasPrefix("--workflow=") { named = String(word.dropFirst("--workflow=".count)) }
    }
    return isSame(Files.absolute(named ?? "WORKFLOW.md", from: start))
  }

  private func isSame(_ path: String) -> Bool { SameFile.isSame(path, workflow) }

  /// Roughly as a shell would see them, with what the crontab itself assigns put in.
  private static func words(
    _ command: String, _ variables: [String: String], _ home: String
  ) -> [String] {
    var text = command.replacing("\\%", with: "%")
    for (name, value) in variables.sorted(by: { $0.key.count > $1.key.count }) {
      text = text.replacing("${\(name)}", with: value).replacing("$\(name)", with: value)
    }
    for mark in [";", "&&", "||", "(", ")"] { text = text.replacing(mark, with: " ") }
    let words = ShellWords.split(text) ?? text.split(separator: " ").map(String.init)
    return words.map { $0.hasPrefix("~/") ? Files.join(home, String($0.dropFirst(2))) : $0 }
  }

  // MARK: systemd

  static var userUnits: String {
    let set = Host.environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    return Files.join(set ?? Files.join(home, ".config"), "systemd/user")
  }
  static let machineUnits = "/etc/systemd/system"

  private func enabledTimers() -> [Caller] {
    var found: [Caller] = []
    for folder in [Self.userUnits, "/etc/systemd/user", Self.machineUnits] {
      for wants in ((try? Files.list(folder)) ?? []).sorted() where wants.hasSuffix(".wants") {
        let links = Files.join(folder, wants)
        for name in ((try? Files.list(links)) ?? []).sorted() where name.hasSuffix(".timer") {
          let link = Files.join(links, name)
          guard isOurs(timer: name, below: folder, link) else { continue }
          let isForMachine = folder == Self.machineUnits
          found.append(Caller(place: .timer(name, isForMachine: isForMachine), link: link))
        }
      }
    }
    return found
  }

  /// An instance says its directory in its name, any other timer in the unit that it starts.
  private func isOurs(timer: String, below folder: String, _ link: String) -> Bool {
    if timer == SystemdUnits.name(of: workflow) + ".timer" { return true }
    if let directory = Self.instance(timer) {
      return isSame(Files.join(directory, "WORKFLOW.md"))
    }
    let unit = timer.dropLast("timer".count) + "service"
    let beside = Files.resolved(link).map { Files.join(Files.parent(of: $0), String(unit)) }
    let text = [beside, Files.join(folder, String(unit))].compactMap { $0 }
      .compactMap { try? Files.readText($0, limit: 1 << 18) }.first
    guard let text else { return false }
    let lines = text.splitLines().map { $0.trimmingWhitespace() }
    func values(_ key: String) -> [String] {
      lines.filter { $0.hasPrefix(key + "=") }.map {
        String($0.dropFirst(key.count + 1)).replacing("%%", with: "%").replacing("$$", with: "$")
      }
    }
    let start = values("WorkingDirectory").last?.replacing("%h", with: home)
    return values("ExecStart").contains { isCall($0, from: start, [:]) }
  }

  /// `/srv/my app` of `symphony-tick@srv-my\x20app.timer`; nil for what is no instance of ours.
  static func instance(_ timer: String) -> String? {
    guard timer.hasPrefix("symphony"), let at = timer.firstIndex(of: "@") else { return nil }
    let escaped = timer[timer.index(after: at)...].dropLast(".timer".count)
    if escaped == "-" { return "/" }
    var bytes: [UInt8] = [UInt8(ascii: "/")]
    var rest = Array(escaped.utf8)[...]
    while let first = rest.popFirst() {
      if first == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x"), rest.count >= 3,
        let byte = UInt8(String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(byte)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(first == UInt8(ascii: "-") ? UInt8(ascii: "/") : first)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Started without being enabled: only the manager knows of them.
  private func runningTimers() -> [Caller] {
    var found: [Caller] = []
    for scope in [["--user"], []] {
      let answer = try? CapturedCommand.run(
        ["systemctl"] + scope
          + ["list-units", "--type=timer", "--plain", "--no-legend", "symphony*"],
        environment: Host.environment, timeoutMilliseconds: 5000)
      // No manager runs: then no timer does.
      guard let answer, answer.exit.isSuccess else { continue }
      for line in answer.output.splitLines() {
        let name = line.split(separator: " ").first.map(String.init) ?? ""
        guard name.hasSuffix(".timer"), let directory = Self.instance(name),
          isSame(Files.join(directory, "WORKFLOW.md"))
        else { continue }
        let folder = scope.isEmpty ? Self.machineUnits : Self.userUnits
        let link = Files.join(folder, "timers.target.wants/\(name)")
        // An enabled one was found by its link.
        if !Files.exists(link) {
          found.append(Caller(place: .timer(name, isForMachine: scope.isEmpty)))
        }
      }
    }
    return found
  }
}

extension Unicode.Scalar {
  fileprivate var isDigit: Bool { ("0"..."9").contains(self) }
}
