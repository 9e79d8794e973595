// The directory in which a scheduler's doctor leaves its answer, and the person's waits for it. It
// has one name per user and workflow, so that what a killed one left is found; a lock in it says
// whether somebody waits. Nothing in it is believed further than its size.
import SymphonyCore
import SymphonyPlatform
import SymphonyTick

struct AnswerBox {
  let path: String
  private let lock: FileLock

  /// The file into which the scheduler's side lays its answer.
  var answer: String { Files.join(path, Self.answerName) }
  /// The file for everything else that the scheduler's side prints on stdout and stderr.
  var said: String { Files.join(path, "said") }

  private static let answerName = "answer.json"
  private static let lockName = "lock"
  private static let limit = 4 << 20

  private static let prefix = "symphony-doctor-"

  static func path(of workflow: String) -> String {
    let folder = Host.environment["TMPDIR"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/tmp"
    return Files.join(folder, "\(prefix)\(Host.userID)-\(StableHash.hex(workflow, 8))")
  }

  /// - Throws: `Stop` with 75 where somebody waits already, 64 where the name is taken, 74 where
  ///   nothing can be written.
  init(workflow: String) throws {
    path = Self.path(of: workflow)
    if let facts = Files.facts(path) { try Self.clear(path, facts) }
    do throws(PlatformError) {
      try Files.makeDirectory(path)
      guard let taken = try FileLock.take(Files.join(path, Self.lockName)) else {
        throw PlatformError("lock", path, 11)  // EAGAIN
      }
      lock = taken
    } catch {
      throw Stop(.state, error.description, hint: "TMPDIR names another directory for it")
    }
  }

  /// Lets another user answer, which only root can.
  func give(to user: UInt32) throws {
    guard user != Host.userID else { return }
    do throws(PlatformError) {
      try Files.give(Files.join(path, Self.lockName), to: user)
      try Files.give(path, to: user)
    } catch {
      throw Stop(.state, error.description)
    }
  }

  /// Takes away what a killed one left.
  private static func clear(_ path: String, _ facts: FileFacts) throws {
    guard facts.kind == .folder, facts.owner == Host.userID || Host.userID == 0 else {
      throw Stop(
        .usage, "\(path) is \(facts.kind.noun) of somebody else",
        hint: "remove it, or set TMPDIR to a directory of your own")
    }
    if (try? FileLock.probe(Files.join(path, lockName))) == true {
      throw Stop(
        .locked, "another `doctor --through-scheduler` of this workflow waits for its answer",
        hint: "it ends within five minutes")
    }
    try Files.removeTree(path)
  }

  /// Removes one of ours that nobody waits at any more.
  static func removeLeftover(_ path: String) {
    guard Files.lastName(of: path).hasPrefix(prefix), let facts = Files.facts(path),
      facts.kind == .folder, facts.owner == Host.userID,
      (try? FileLock.probe(Files.join(path, lockName))) == false
    else { return }
    try? Files.removeTree(path)
  }

  func remove() { try? Files.removeTree(path) }

  /// The answer, as text; nil: none yet.
  func read() -> String? { read(Self.answerName) }

  /// A doctor is at work on it.
  var hasBegun: Bool { Files.exists(answer + Self.beginning) }
  private static let beginning = ".begun"

  /// The end of what the scheduler's side said; nil: it did not begin, as far as that shows.
  func heard() -> String? {
    guard let text = read("said") else { return nil }
    return text.split(whereSeparator: \.isNewline).last.map(String.init) ?? ""
  }

  /// The other side may be another user's: no link is followed.
  private func read(_ name: String) -> String? {
    guard let bytes = try? Folder(path).read(FileName(name), limit: Self.limit) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  // MARK: The scheduler's side

  /// - Returns: false where nobody waits for that answer, or another call has begun with it.
  static func begin(_ answer: String) throws -> Bool {
    let folder = Files.parent(of: answer)
    guard (try? FileLock.probe(Files.join(folder, lockName))) == true else {
      removeLeftover(folder)
      return false
    }
    do throws(PlatformError) { try Files.create(answer + beginning, "", mode: 0o600) } catch {
      if error.errno == 17 { return false }  // EEXIST
      throw Stop(.state, error.description, hint: "the person who waits gets no answer")
    }
    return true
  }

  static func put(_ text: String, as answer: String) throws {
    do throws(PlatformError) {
      try Files.writeAtomically(answer, text + "\n", mode: 0o644, durable: false)
    } catch {
      throw Stop(.state, error.description, hint: "the person who waits gets no answer")
    }
  }
}
