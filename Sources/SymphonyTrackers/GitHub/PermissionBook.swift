// Remembers which people may write to a repository, as GitHub answers for one person at a time.
// Answers are kept with their age and asked again after a quarter of an hour, conditionally: an
// unchanged one costs no point. The number of people asked about in one tick is bounded; a person
// not known is not trusted.
import SymphonyCore
import Synchronization

final class PermissionBook: Sendable {
  struct Answer: Codable, Hashable {
    /// Whether the person may write; nil: GitHub would not say.
    var mayWrite: Bool?
    var askedAt: Timestamp
  }

  private static let age = Interval.minutes(15)
  private static let key = "symphony:permissions"
  private static let tickLimit = 20
  /// How long an answer is kept that nobody asks for; of the others the newest are kept.
  private static let memory = Interval.days(1)
  private static let most = 1000

  private struct State {
    var answers: [String: Answer]
    var asked = 0
  }
  private let memory: TrackerMemory
  private let state: Mutex<State>

  init(_ memory: TrackerMemory) {
    self.memory = memory
    state = Mutex(State(answers: memory.read(Self.key, as: [String: Answer].self) ?? [:]))
  }

  private static func name(_ login: String, _ repository: RepositoryName) -> String {
    "\(repository.folded) \(login.folded)"
  }

  /// The last answer about a person, and whether it is to be asked again.
  func known(_ login: String, _ repository: RepositoryName, now: Timestamp)
    -> (mayWrite: Bool?, isOld: Bool)
  {
    let answer = state.withLock { $0.answers[Self.name(login, repository)] }
    guard let answer else { return (nil, true) }
    return (answer.mayWrite, Deadline(setAt: answer.askedAt, delay: Self.age).isDue(at: now))
  }

  /// Whether somebody may write there, by an answer that is not old; nil: not known.
  func ask(_ login: String, _ repository: RepositoryName, _ tracker: GitHubTracker) async -> Bool? {
    // An App has no permission of this kind: bots are trusted by name or not at all.
    if login.hasSuffix("[bot]") { return false }
    let now = tracker.now
    let known = known(login, repository, now: now)
    if !known.isOld { return known.mayWrite }
    let mayAsk = state.withLock { state in
      defer { state.asked += 1 }
      return state.asked < Self.tickLimit
    }
    guard mayAsk else { return nil }
    let mayWrite: Bool?
    do throws(TrackerError) {
      let url = tracker.url(
        repository, "/collaborators/\(WebAddress.encode(login))/permission")
      let answer = try await tracker.client.get(url, as: GitHubPermission.self).value
      mayWrite = answer.login?.folded == login.folded ? answer.mayWrite : nil
    } catch .notFound {
      mayWrite = false
    } catch {
      // After trouble that passes, the next tick asks again; a refusal is remembered.
      guard case .transient = error.disposition else {
        store(Self.name(login, repository), Answer(mayWrite: nil, askedAt: now), now)
        return nil
      }
      return nil
    }
    store(Self.name(login, repository), Answer(mayWrite: mayWrite, askedAt: now), now)
    return mayWrite
  }

  private func store(_ name: String, _ answer: Answer, _ now: Timestamp) {
    let answers = state.withLock { state in
      state.answers[name] = answer
      var kept = state.answers.filter { entry in
        !Deadline(setAt: entry.value.askedAt, delay: Self.memory).isDue(at: now)
      }
      if kept.count > Self.most {
        let newest = kept.sorted {
          ($0.value.askedAt, $0.key) > ($1.value.askedAt, $1.key)
        }
        kept = Dictionary(uniqueKeysWithValues: newest.prefix(Self.most).map { ($0.key, $0.value) })
      }
      state.answers = kept
      return kept
    }
    memory.write(Self.key, answers)
  }
}

/// The answer of `collaborators/LOGIN/permission`.
struct GitHubPermission: Decodable {
  /// Whether the person may write; nil when the answer names none of the permissions there are.
  var mayWrite: Bool?
  /// The login of the person the answer is about.
  var login: String?
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GitHubKey.self)
    login = container.object("user")?.string("login")
    mayWrite =
      switch container.string("permission") {
      case "admin", "maintain", "write": true
      case "triage", "read", "none": false
      default: nil
      }
  }
}
