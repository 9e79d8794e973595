// The files of one run, runs/<run-id>/, and the only place that knows their names and their form.
// The executor writes spec.json and reads the rest; the worker reads spec.json and writes the rest:
// facts flow one way. A file that is torn, foreign or not JSON reads as nil and never as half a
// value; whether its absence means anything is the reader's to decide.
import FoundationEssentials
import Glibc
import SymphonyCore
import SymphonyPlatform

package struct RunDirectory: Sendable {
  /// Absolute.
  package let path: String
  package init(path: String) { self.path = path }
  package init(_ run: RunID, in layout: StateLayout) { self.init(path: layout.run(run)) }

  /// Locked by the worker for life; for its bytes see LeaseBytes.
  package var lease: String { Files.join(path, "lease") }
  package var spec: String { Files.join(path, "spec.json") }
  package var workerPID: String { Files.join(path, "worker.pid") }
  package var progress: String { Files.join(path, "progress.json") }
  /// The progress as it last was written for good.
  package var checkpoint: String { Files.join(path, "checkpoint.json") }
  package var result: String { Files.join(path, "result.json") }
  package var agentOutput: String { Files.join(path, "agent.ndjson") }
  package var agentErrors: String { Files.join(path, "agent.stderr") }
  package var workerLog: String { Files.join(path, "worker.log") }
  package var hooksLog: String { Files.join(path, "hooks.log") }
  package func file(of log: RunLog) -> String {
    switch log {
    case .agent: agentOutput
    case .agentErrors: agentErrors
    case .worker: workerLog
    case .hooks: hooksLog
    }
  }
  /// The adapter's own files, which may hold secrets: gone with the run's last process.
  package var privateFolder: String { Files.join(path, "private") }
  /// The prompt of a turn, counted from 1.
  package func prompt(turn: Int) -> String { Files.join(path, "prompt-\(turn).md") }

  // MARK: Written by the executor

  package func writeSpec(_ value: RunSpec) throws(PlatformError) {
    try write(value, to: spec, durable: true)
  }
  /// Throws the read error, or EBADMSG when the file is not a spec this version understands.
  package func readSpec() throws(PlatformError) -> RunSpec {
    let bytes = try Files.readOwn(spec, limit: RunDirectory.sizeLimit)
    guard let value = RunDirectory.decode(RunSpec.self, bytes) else {
      throw PlatformError("understand", spec, EBADMSG)
    }
    return value
  }

  // MARK: Written by the worker

  package func writeIdentity(_ value: ProcessIdentity) throws(PlatformError) {
    try write(value, to: workerPID, durable: false)
  }
  /// Nil when the worker never got that far.
  package func readIdentity() -> ProcessIdentity? { read(ProcessIdentity.self, from: workerPID) }

  /// `deadline`: CLOCK_MONOTONIC milliseconds at which the phase runs out; nil: no limit.
  ///
  /// `durably`: it is on disk, also after a power loss, when this returns. Else it is not synced,
  /// because it is written often: what a power loss leaves of it may be an empty file, and
  /// therefore what was written durably has a file of its own besides.
  package func writeProgress(
    _ value: RunProgress, deadline: Int64?, durably: Bool
  ) throws(PlatformError) {
    let file = ProgressFile(progress: value, deadline: deadline)
    if durably { try write(file, to: checkpoint, durable: true, as: .progress) }
    try write(file, to: progress, durable: false, as: .progress)
  }
  /// Nil: there is none, or none that can be read.
  package func readProgress() -> (progress: RunProgress, deadline: Int64?)? {
    // An agent, or a worker of an older version, may have written there what nobody took out.
    (read(ProgressFile.self, from: progress) ?? read(ProgressFile.self, from: checkpoint))
      .map { ($0.progress.changingWords(KnownTokens.masked), $0.deadline) }
  }

  /// On disk, also after power loss, when this returns.
  package func writeResult(_ value: RunResult) throws(PlatformError) {
    try write(value, to: result, durable: true)
  }
  /// Nil when there is none, it is torn, no regular file, or it carries another nonce.
  ///
  /// Throws when nobody can say (no descriptor left, no permission, a failing disk): then the run
  /// must not be taken for vanished.
  package func readResult(nonce: String) throws(PlatformError) -> RunResult? {
    let bytes: [UInt8]
    do throws(PlatformError) {
      bytes = try Files.readOwn(result, limit: RunDirectory.sizeLimit)
    } catch {
      if error.isMissing || [EFBIG, EISDIR, ELOOP, EINVAL].contains(error.errno) { return nil }
      throw error
    }
    guard let value = RunDirectory.decode(RunResult.self, bytes), value.nonce == nonce else {
      return nil
    }
    return value.changingWords(KnownTokens.masked)
  }

  // MARK: JSON

  /// No file of ours comes near it; a bigger one is not ours.
  static let sizeLimit = 16 << 20

  private func write(
    _ value: some Encodable, to path: String, durable: Bool, as deed: FaultPoint? = nil
  ) throws(PlatformError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let encoded = try? encoder.encode(value) else {
      throw PlatformError("encode", path, EINVAL)
    }
    let text = String(decoding: encoded, as: UTF8.self) + "\n"
    try Files.writeAtomically(path, text, durable: durable, as: deed)
  }
  private func read<Value: Decodable>(_ type: Value.Type, from path: String) -> Value? {
    guard let bytes = try? Files.readOwn(path, limit: RunDirectory.sizeLimit) else { return nil }
    return RunDirectory.decode(type, bytes)
  }
  private static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) -> Value? {
    try? JSONDecoder().decode(type, from: Data(bytes))
  }
}

/// progress.json: what the tick may know, and beside it a time on this machine's clock, for whoever
/// watches the worker here.
private struct ProgressFile: Codable {
  var progress: RunProgress
  var deadline: Int64?

  enum Keys: String, CodingKey { case deadline = "phaseDeadlineMonotonic" }

  init(progress: RunProgress, deadline: Int64?) {
    self.progress = progress
    self.deadline = deadline
  }
  init(from decoder: any Decoder) throws {
    progress = try RunProgress(from: decoder)
    deadline = try decoder.container(keyedBy: Keys.self).decodeIfPresent(
      Int64.self, forKey: .deadline)
  }
  func encode(to encoder: any Encoder) throws {
    try progress.encode(to: encoder)
    var container = encoder.container(keyedBy: Keys.self)
    try container.encodeIfPresent(deadline, forKey: .deadline)
  }
}
