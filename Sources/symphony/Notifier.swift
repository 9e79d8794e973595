// Runs `notify.command` for a tick: events on its stdin, the environment that agents get, a time
// after which it and all it started is ended (NotifyCommand). Decides nothing: which events, and
// when, is the tick's.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTick
import SymphonyWorker

struct Notifier {
  /// Carried by the command and by all it starts, so that nothing of it is left behind.
  static let marker = "SYMPHONY_NOTIFY"
  let place: Place
  let environment: [String: String]

  /// - Returns: what went wrong, in words that follow the command's name; nil: nothing did.
  func run(_ order: NotifyOrder) -> String? {
    guard let command = order.policy.notify.command else { return nil }
    let mark = Host.randomHex(bytes: 8)
    do {
      var view = try AgentView.environment(order.policy.agent, own: [], from: environment)
      view[Self.marker] = mark
      let events = try MemoryFile(sealed: Array(try text(order.lines).utf8))
      defer { sweep(mark) }
      let ended = try CapturedCommand.run(
        NotifyCommand.words(command, within: order.timeout), environment: view,
        directory: place.projectDirectory, inherited: [events.descriptor],
        timeoutMilliseconds: order.timeout.milliseconds + NotifyCommand.patience + 500, as: .spawn)
      if ended.timedOut || NotifyCommand.isOverTime(ended.exit) {
        return "was ended after \(order.timeout.description)"
      }
      if case .exited(0) = ended.exit { return nil }
      let last = ended.errorOutput.split(whereSeparator: \.isNewline).last.map { ": \($0)" } ?? ""
      return "failed, \(ended.exit.description)" + Output.oneLine(last, 200)
    } catch let error as PlatformError {
      return "cannot be started: \(error.description)"
    } catch let error as AgentError {
      return "cannot be started: \(error.sentence)"
    } catch {
      return "cannot be started: \(error)"
    }
  }

  /// Kills what the command left behind where NotifyCommand itself was killed.
  private func sweep(_ mark: String) {
    for pid in Processes.carrying("\(Self.marker)=\(mark)") {
      Processes.signalChild(pid, Signals.killNow)
    }
  }

  private func text(_ lines: [NewsLine]) throws -> String {
    try lines.map { line in
      let words: [String: String?] = [
        "event": line.event?.rawValue, "at": line.at.rfc3339, "code": line.code,
        "issue": line.key?.text, "work_item_id": line.item?.text, "repository": line.repository,
        "run_id": line.run?.text, "session_id": line.session, "tick_id": line.tick,
        "message": (line.key.map { "\($0.text): " } ?? "") + line.sentence,
        "workflow": place.workflowPath,
      ]
      var object: [String: Structure] = words.mapValues { $0.map { .string($0) } ?? .null }
      object["version"] = .integer(1)
      object["id"] = .integer(line.id)
      return try ReportJSON.text(of: Structure.object(object)) + "\n"
    }.joined()
  }
}
