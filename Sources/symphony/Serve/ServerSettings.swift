// The server's settings as WORKFLOW.md, .env and the environment give them: read at its start, and
// again when one of the files has changed, so that a token that was replaced is no longer good.
import SymphonyCore
import SymphonyPlatform
import SymphonyServer
import SymphonyTick

struct ServerSettings: Sendable {
  /// Where and how it listens: of its start, for as long as it lives.
  let policy: ServerPolicy
  let values: Endpoints.Settings
  let hasToken: Bool
  /// Made of the same files: what the tracker is asked with.
  let composition: Composition
  private let host: String?
  private let stamps: [FileStamp?]
  /// WORKFLOW.md as it was when it could last be used.
  private let lastGood: String?

  /// Of the start: where WORKFLOW.md cannot be used, those of the last one that could.
  ///
  /// Before anything else of this process reads the database. `host`: in the place of
  /// `server.host`.
  static func first(_ place: Place, host: String?, _ logbook: Logbook) -> ServerSettings {
    let stamps = stamps(place)
    let composition = Composition(place: place, logbook: logbook)
    var load = composition.loadPolicy(lastGood: nil)
    var lastGood = load.goodText
    if let problem = load.problem {
      logbook.write(.warning, problem)
      do {
        lastGood = try StoredLook.fact(.lastGoodWorkflow, of: place)
        load = composition.loadPolicy(lastGood: lastGood)
        if let remark = load.remark { logbook.write(.warning, remark) }
      } catch { logbook.write(.warning, "there are only defaults for the server: \(error)") }
    }
    return ServerSettings(load.policy, composition, host, stamps, lastGood)
  }

  /// Nil: nothing has changed.
  ///
  /// A WORKFLOW.md that cannot be used leaves the last good one in force, with the secrets that
  /// .env has now.
  func readAnew(_ place: Place) -> ServerSettings? {
    let stamps = Self.stamps(place)
    guard stamps != self.stamps else { return nil }
    let composition = Composition(place: place, logbook: .silent)
    let load = composition.loadPolicy(lastGood: lastGood)
    return ServerSettings(load.policy, composition, host, stamps, load.goodText ?? lastGood)
  }

  private static func stamps(_ place: Place) -> [FileStamp?] {
    [place.workflowPath, Files.join(place.projectDirectory, ".env")].map(FileStamp.init)
  }

  private init(
    _ policy: Policy?, _ composition: Composition, _ host: String?, _ stamps: [FileStamp?],
    _ lastGood: String?
  ) {
    let server = policy?.server ?? ServerPolicy()
    func secret(_ name: String) -> Secret? {
      composition.environment[name].flatMap { $0.isEmpty ? nil : Secret($0) }
    }
    let token = server.token ?? secret("SYMPHONY_SERVER_TOKEN")
    (self.policy, self.host, self.stamps, hasToken) = (server, host, stamps, token != nil)
    (self.composition, self.lastGood) = (composition, lastGood)
    var values = Endpoints.Settings(
      gate: Gate(token: token, hosts: [host ?? server.host], origins: server.corsOrigins),
      authMode: Self.authMode(policy),
      webhookSecret: server.webhookSecret ?? secret("GITHUB_WEBHOOK_SECRET"))
    if let tracker = policy?.tracker {
      values.repositories =
        tracker.usesBoard
        ? tracker.allowedRepositories : tracker.repository.map { [$0] } ?? []
    }
    self.values = values
  }

  /// In github-symphony's words.
  private static func authMode(_ policy: Policy?) -> String {
    guard let tracker = policy?.tracker else { return "none" }
    return tracker.kind == .local ? "local" : tracker.app == nil ? "pat" : "app"
  }
}
