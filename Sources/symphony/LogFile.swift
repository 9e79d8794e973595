// The files that ticks append to: symphony.ndjson in `logs.directory`, and the traces. A line
// reaches the log when it is said, so that a kill takes none back. Both are written under the
// tick's lock alone, which is what keeps two rotations apart.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTick
import Synchronization

final class LogFile: KeptLog {
  static let name = "symphony.ndjson"

  private struct State {
    /// Nil: it is not open.
    var file: RotatedFile?
    /// Said before anybody knew whether there is a log.
    var early: [LogLine] = []
    var isEarly = true
    var problem: String?
  }
  private let state: Mutex<State>
  /// What is kept back from stderr is kept back from here.
  private let isHeard: @Sendable (SymphonyTick.LogLevel) -> Bool

  init(early: [LogLine], isHeard: @escaping @Sendable (SymphonyTick.LogLevel) -> Bool) {
    state = Mutex(State(early: early))
    self.isHeard = isHeard
  }

  private static let earlyLimit = 100

  func open(_ place: GrowingFilePolicy) {
    guard let directory = place.path else { return }
    state.withLock { state in
      let path = Files.join(directory, Self.name)
      state.file = RotatedFile(path, limit: place.bytes)
      state.problem = nil
      do throws(PlatformError) {
        if !Files.exists(directory) { try Files.makeDirectory(directory) }
      } catch { state.problem = "the log is not written: \(error.description)" }
      let early = state.early
      (state.early, state.isEarly) = ([], false)
      Self.write(early, &state)
    }
  }

  func append(_ lines: [KeptLine]) -> String? {
    state.withLock { state in
      let made = lines.compactMap { line -> LogLine? in
        switch line {
        case .news(let news): LogLine(news)
        case .said(let level, let text): isHeard(level) ? LogLine(level, text, [:]) : nil
        }
      }
      if state.isEarly, state.early.count < Self.earlyLimit { state.early += made }
      Self.write(made, &state)
      return state.problem
    }
  }

  func close() {
    state.withLock { state in
      state.file = nil
      (state.early, state.isEarly) = ([], false)
    }
  }

  /// One failure ends it for this tick: on a full disk every line would meet the same.
  private static func write(_ lines: [LogLine], _ state: inout State) {
    guard let file = state.file, state.problem == nil, !lines.isEmpty else { return }
    do throws(PlatformError) {
      try file.append(lines.compactMap(\.json))
    } catch { state.problem = "the log is not written: \(error.description)" }
  }
}

extension GrowingFilePolicy {
  /// The bound in bytes.
  var bytes: Int64 { Int64(maxMegabytes) * 1_000_000 }
}

extension Composition {
  /// - Returns: what went wrong; nil: nothing did.
  func append(_ spans: [Span], to file: GrowingFilePolicy, instance: String) -> String? {
    guard let path = file.path else { return nil }
    do {
      let lines = try TraceText(program: symphonyVersion, instance: instance).lines(of: spans)
      let lost = try RotatedFile(path, limit: file.bytes).append(lines)
      return lost == 0 ? nil : "the traces are not written whole: \(lost) line(s) are too long"
    } catch let error as PlatformError {
      return "the traces are not written: \(error.description)"
    } catch {
      return "the traces are not written: \(error)"
    }
  }
}
