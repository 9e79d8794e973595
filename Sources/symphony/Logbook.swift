// The log: stderr, through swift-log, as text or JSON lines. Secrets never get here: they print as
// ***.
import FoundationEssentials
import Logging
import SymphonyCore
import SymphonyPlatform
import SymphonyTick

struct Logbook: Sendable {
  let logger: Logger

  init(level: Logger.Level, json: Bool) {
    var logger = Logger(label: "symphony") { _ in LineLog(json: json) }
    logger.logLevel = level
    self.logger = logger
  }

  func write(_ level: SymphonyTick.LogLevel, _ line: String) {
    let mapped: Logger.Level =
      switch level {
      case .debug: .debug
      case .info: .info
      case .warning: .warning
      case .error: .error
      }
    logger.log(level: mapped, "\(line)")
  }
}

/// One line per event: `2026-11-21T03:04:05Z info message`, or a JSON object.
struct LineLog: LogHandler {
  let json: Bool
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .info
  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let time = Timestamp(milliseconds: Clock.wallMilliseconds()).rfc3339
    let message = event.message.description
    guard json else { return Output.error("\(time) \(event.level) \(message)") }
    let object = Structure.object([
      "time": .string(time), "level": .string("\(event.level)"), "message": .string(message),
    ])
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // A string always encodes; an empty line would hide a fault, so the text form is the fallback.
    guard let bytes = try? encoder.encode(object) else { return Output.error("\(time) \(message)") }
    Output.error(PlainText.json(String(decoding: bytes, as: UTF8.self)))
  }
}
