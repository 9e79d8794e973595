// The log: stderr, through swift-log, as text or JSON lines; in systemd's journal with a priority
// each. Secrets never get here: they print as ***.
import Logging
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTick
import Synchronization

struct Logbook: Sendable {
  let logger: Logger

  init(level: Logger.Level) {
    var logger = Logger(label: "symphony") { _ in LineLog() }
    logger.logLevel = level
    self.logger = logger
  }

  /// For reading a file once more whose faults the command logs anyway.
  static let silent = Logbook(level: .critical)

  func write(_ level: SymphonyTick.LogLevel, _ line: String) {
    logger.log(level: Logger.Level(level), "\(line)")
  }

  func isHeard(_ level: SymphonyTick.LogLevel) -> Bool { logger.logLevel <= Logger.Level(level) }

  /// All of them, in one piece as far as the system allows, whatever --log-level keeps back: this
  /// is what the scheduler's channel is for.
  /// - Returns: false when not all of it could be written.
  func tell(_ news: [NewsLine]) -> Bool {
    Output.log(news.map { LogLine($0).rendered() })
  }

  /// The same, folded under a title where a CI runner can do that.
  func tell(_ news: [NewsLine], title: String) -> Bool {
    guard ActionsRunner.isHere else { return tell(news) }
    return Output.runner(
      [RunnerCommand(.group, title), RunnerCommand(.endgroup)],
      around: news.map { LogLine($0).rendered() })
  }
}

extension Logger.Level {
  fileprivate init(_ level: SymphonyTick.LogLevel) {
    self =
      switch level {
      case .debug: .debug
      case .info: .info
      case .warning: .warning
      case .error: .error
      }
  }
}

/// How stderr is written in this process.
enum LogStyle {
  /// Known before the arguments are parsed, so that a mistake in them is told in the same form.
  static let isJSON: Bool = {
    let options = Host.arguments.dropFirst().prefix { $0 != "--" }
    var last: String?
    for (option, next) in zip(options, options.dropFirst() + [""]) {
      if option == "--log-format" { last = next }
      if option.hasPrefix("--log-format=") { last = String(option.dropFirst(13)) }
    }
    return (last ?? Host.environment[variable]) == "json"
  }()
  /// How a worker, and the tick it becomes, learn of it.
  static let variable = "SYMPHONY_LOG_FORMAT"
  /// The tick that this process makes or made last; nil outside a tick.
  fileprivate static let tick = Mutex<String?>(nil)
  static func begin(tick id: String) { tick.withLock { $0 = id } }
  static let isJournal = Platform.isJournal(2)
}

/// One event on one line: `2026-11-21T03:04:05Z info message`, or a JSON object.
struct LogLine: Sendable {
  var level: SymphonyTick.LogLevel
  /// Of the object.
  var message: String
  /// For people; nil: the same.
  private var text: String?
  var fields: [String: Structure]
  var time = Timestamp(milliseconds: Clock.wallMilliseconds())

  init(_ level: SymphonyTick.LogLevel, _ message: String, _ fields: [String: String?]) {
    (self.level, self.message) = (level, message)
    self.fields = fields.compactMapValues { $0.map { .string($0) } }
  }

  init(_ news: NewsLine) {
    self.init(
      news.isWarning ? .warning : .info,
      (news.key.map { "\($0.text): " } ?? "") + news.sentence,
      [
        "kind": news.kind.rawValue, "code": news.code, "tick_id": news.tick,
        "work_item_id": news.item?.text, "project_item_id": news.boardItem,
        "issue_identifier": news.key?.text,
        "repository": news.repository, "run_id": news.run?.text, "session_id": news.session,
      ])
    fields["news_id"] = .integer(news.id)
    text = news.text
    time = news.at
  }

  /// `plainly`: how a person reads it; nil: with its time and level.
  func write(plainly text: String? = nil) { _ = Output.log([rendered(plainly: text)]) }

  func rendered(plainly text: String? = nil) -> String {
    let plain = text ?? "\(time.rfc3339) \(level.rawValue) \(self.text ?? message)"
    return priority + (LogStyle.isJSON ? json ?? plain : plain)
  }

  /// Unicode scalars of one message in an object: no part of a file could hold one without end.
  private static let messageLimit = 8_000

  /// Nil: it cannot be written so.
  ///
  /// A string always can; an empty line would hide a fault.
  var json: String? {
    var known = fields
    let message = PlainText.beginning(message, scalars: Self.messageLimit)
    // The error that a tick exits with is not written by the tick itself, but belongs to it.
    if known["tick_id"] == nil, let tick = LogStyle.tick.withLock({ $0 }) {
      known["tick_id"] = .string(tick)
    }
    return try? ReportJSON.text(
      of: LogEntry.object(at: time, level: level.rawValue, message: message, known))
  }

  /// As in syslog(3); journald takes it off again.
  private var priority: String {
    guard LogStyle.isJournal else { return "" }
    return switch level {
    case .debug: "<7>"
    case .info: "<6>"
    case .warning: "<4>"
    case .error: "<3>"
    }
  }
}

/// swift-log's side of it.
struct LineLog: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .info
  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let level: SymphonyTick.LogLevel =
      switch event.level {
      case .trace, .debug: .debug
      case .info, .notice: .info
      case .warning: .warning
      case .error, .critical: .error
      }
    LogLine(level, event.message.description, metadata.mapValues { "\($0)" }).write()
  }
}
