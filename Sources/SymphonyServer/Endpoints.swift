// What each endpoint answers. Reads go to the state, changes through the same judgement as the
// commands; nothing here opens a database or a file.
import FoundationEssentials
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import Synchronization

package final class Endpoints: Sendable {
  /// That of WORKFLOW.md and the environment which decides about requests.
  package struct Settings: Sendable {
    package var gate: Gate
    /// Of github-symphony's `auth_mode`: `pat`, `app` or `local`.
    package var authMode: String
    /// Nil: no webhooks are taken.
    package var webhookSecret: Secret?
    /// Of webhooks that matter; empty: all.
    package var repositories: [RepositoryName] = []
    package init(gate: Gate, authMode: String, webhookSecret: Secret?) {
      (self.gate, self.authMode, self.webhookSecret) = (gate, authMode, webhookSecret)
    }
  }

  let state: any ServedState
  private let version: String
  private let current: Mutex<Settings>
  private let startedAt = Clock.monotonicMilliseconds()
  private let writer: DeliveryWriter
  private let renderings = Renderings()

  package init(state: any ServedState, version: String, settings: Settings) {
    self.state = state
    self.version = version
    current = Mutex(settings)
    writer = DeliveryWriter(state: state)
  }

  /// Takes settings that were read anew; requests under way end by the old ones.
  package func adopt(_ settings: Settings) { current.withLock { $0 = settings } }

  private var settings: Settings { current.withLock { $0 } }

  /// A request that may send its body.
  package struct Admission: Sendable {
    /// Bytes of its body.
    var limit: Int
    /// Bytes that are kept of it; of a larger one nothing is.
    var kept: Int
    /// The key under which a code is made over all of it; nil: none is.
    var codeKey: [UInt8]?
  }

  /// What a request may send, told once its head is there.
  ///
  /// A failure is the answer that it gets without anybody reading its body.
  package func admits(_ request: ServedRequest) -> Result<Admission, Refused> {
    let settings = settings
    let extra = settings.gate.crossOriginHeaders(request) + Self.manners
    func refuse(_ answer: ServedAnswer) -> Result<Admission, Refused> {
      var answer = answer
      answer.headers += extra
      return .failure(Refused(answer: answer))
    }
    switch Endpoint.find(request) {
    case .nothing:
      return refuse(.problem(404, "there is nothing here", hint: "see /api/v1/openapi.json"))
    case .otherMethods(let methods):
      if request.method == "OPTIONS" {
        var answer = ServedAnswer(204, type: "text/plain", .bytes([]))
        answer.headers.append((name: "Allow", value: methods.joined(separator: ", ")))
        return refuse(answer)
      }
      var answer = ServedAnswer.problem(405, "\(methods.joined(separator: ", ")) it takes")
      answer.headers.append((name: "Allow", value: methods.joined(separator: ", ")))
      return refuse(answer)
    case .endpoint(let endpoint, _):
      if let refusal = settings.gate.refusal(request, endpoint.access) { return refuse(refusal) }
      var admission = Admission(limit: endpoint.bodyLimit, kept: endpoint.keptBody)
      if endpoint.kind == .webhook {
        guard let secret = settings.webhookSecret else {
          return refuse(
            .problem(404, "webhooks are not taken", hint: "set github.webhook_secret"))
        }
        admission.codeKey = Array(secret.reveal().utf8)
      }
      return .success(admission)
    }
  }
  package struct Refused: Error, Sendable { package let answer: ServedAnswer }

  /// The answer to a request that was let in.
  package func answer(_ request: ServedRequest) async -> ServedAnswer {
    guard case .endpoint(let endpoint, let part) = Endpoint.find(request) else {
      return .problem(404, "there is nothing here")
    }
    var answer: ServedAnswer
    do throws(ServedProblem) { answer = try await carryOut(endpoint, part, request) } catch {
      answer = error.answer
    }
    answer.headers += settings.gate.crossOriginHeaders(request) + Self.manners
    return answer
  }

  /// No browser guesses a type, shows it in a frame, or keeps what is true only now.
  private static let manners: [(name: String, value: String)] = [
    (name: "X-Content-Type-Options", value: "nosniff"), (name: "X-Frame-Options", value: "DENY"),
    (name: "Referrer-Policy", value: "no-referrer"), (name: "Cache-Control", value: "no-store"),
    (
      name: "Content-Security-Policy",
      value: "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        + "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
  ]

  private func carryOut(
    _ endpoint: Endpoint, _ part: String, _ request: ServedRequest
  ) async throws(ServedProblem) -> ServedAnswer {
    switch endpoint.kind {
    case .page: return .text(Page.document, type: "text/html; charset=utf-8")
    case .style: return .text(Page.style, type: "text/css; charset=utf-8")
    case .script: return .text(Page.script, type: "text/javascript; charset=utf-8")
    case .health: return await health()
    case .metrics:
      return try await renderings.answer(.metrics) { [state] () throws(ServedProblem) in
        .text(try await state.metrics(), type: "text/plain; version=0.0.4; charset=utf-8")
      }
    case .state:
      return try await renderings.answer(.state) { [state] () throws(ServedProblem) in
        .json(Predecessor.state(try await state.report(), try await state.totals()))
      }
    case .status:
      return try await renderings.answer(.status) { [state] () throws(ServedProblem) in
        .json(try await state.report())
      }
    case .workItem: return .json(PredecessorItem(item: try await item(part)))
    case .why:
      return .json(try await state.why(part, isTrusted: settings.gate.isTrusted(request)))
    case .events: return try await events(request)
    case .log: return try await log(part, request)
    case .cost: return try await cost(request)
    case .openAPI: return .json(OpenAPI.document(version: version))
    case .refresh:
      state.startTick()
      await renderings.forget()
      return .json(["ok": true])
    case .webhook: return try await webhook(request)
    case .stop: return try await steer(.stop, request)
    case .retry: return try await steer(.retry, request)
    case .pause: return try await steer(.pause, request)
    case .resume: return try await steer(.resume, request)
    }
  }

  // MARK: Reading

  private func health() async -> ServedAnswer {
    do throws(ServedProblem) {
      let uptime = Int((Clock.monotonicMilliseconds() - startedAt) / 1000)
      let health = Health(try await state.report(), uptime: uptime, mode: settings.authMode)
      return .json(health.answer, status: health.reasons.isEmpty ? 200 : 503)
    } catch {
      return .json(Unhealthy(reasons: [error.sentence]), status: 503)
    }
  }
  private struct Unhealthy: Encodable {
    var status = "unhealthy"
    var reasons: [String]
  }

  private func item(_ name: String) async throws(ServedProblem) -> ItemReport {
    let items = try await state.report().items
    if let found = items.first(where: { $0.id == name || $0.key == name }) { return found }
    // github-symphony writes its ids behind the word.
    let ownID = name.hasPrefix("github:") ? String(name.dropFirst(7)) : name
    if let found = items.first(where: { $0.id == ownID }) { return found }
    let word = name.hasPrefix("#") ? String(name.dropFirst()) : name
    let found = items.filter { $0.number.map { String($0) == word } ?? false }
    if found.count == 1 { return found[0] }
    throw ServedProblem(
      404, "work item not found",
      hint: found.isEmpty
        ? nil : "one of " + found.prefix(10).map(\.key).joined(separator: ", "))
  }

  private func events(_ request: ServedRequest) async throws(ServedProblem) -> ServedAnswer {
    let item = request.query["item"]
    if EventStream.isWanted(request) {
      return try await EventStream.events(
        of: item, after: request.header("Last-Event-ID"), state)
    }
    var since: Timestamp?
    if let text = request.query["since"] {
      guard let time = Timestamp(rfc3339: text) else {
        throw ServedProblem(400, "since is not a time", hint: "as in 2026-11-28T03:10:00Z")
      }
      since = time
    }
    var events = try await state.events(of: item, since: since)
    if let word = request.query["kind"] {
      guard let kind = EventReport.Kind(rawValue: word) else {
        throw ServedProblem(
          400, "kind is none that is known", hint: Self.oneOf(EventReport.Kind.self))
      }
      events.removeAll { $0.kind != kind }
    }
    return .json(EventList(events: events))
  }
  struct EventList: Encodable {
    var version = StateReport.currentVersion
    var events: [EventReport]
  }

  private func log(_ run: String, _ request: ServedRequest) async throws(ServedProblem)
    -> ServedAnswer
  {
    if EventStream.isWanted(request) {
      return try await EventStream.transcript(of: run, state)
    }
    var place: Int64 = 0
    if let text = request.query["from"] {
      guard let number = Int64(text) else {
        throw ServedProblem(
          400, "from is not a place",
          hint: "the `next` of the answer before, or -65536 for so many bytes before the end")
      }
      place = number
    }
    return .json(try await state.transcript(run: run, from: place))
  }

  private func cost(_ request: ServedRequest) async throws(ServedProblem) -> ServedAnswer {
    let word = request.query["by"] ?? CostReport.By.day.rawValue
    guard let by = CostReport.By(rawValue: word) else {
      throw ServedProblem(
        400, "by is none that is known", hint: Self.oneOf(CostReport.By.self))
    }
    return .json(try await state.cost(by: by))
  }

  private static func oneOf<Word: CaseIterable & RawRepresentable<String>>(_: Word.Type) -> String {
    "one of " + Word.allCases.map(\.rawValue).joined(separator: ", ")
  }

  // MARK: Changing

  private func webhook(_ request: ServedRequest) async throws(ServedProblem) -> ServedAnswer {
    switch Webhook.read(request, repositories: settings.repositories) {
    case .failure(let refusal): throw ServedProblem(refusal.status, refusal.sentence)
    case .success(let delivery):
      let isNew = try await writer.note(delivery)
      // Not waited for: GitHub waits ten seconds, a tick may take longer.
      if isNew, delivery.matters {
        state.startTick()
      }
      return .json(Taken(duplicate: !isNew, ignored: !delivery.matters))
    }
  }
  private struct Taken: Encodable {
    var ok = true
    var duplicate: Bool
    var ignored: Bool
  }

  /// What a POST may say; all of it is optional.
  private struct Wanted: Decodable {
    var issues: [String]?
    var all: Bool?
    var reason: String?
    var until: String?

    enum CodingKeys: String, CodingKey, CaseIterable { case issues, all, reason, until }

    /// What may be said with an order.
    static func keys(_ command: SteeringOrder.Command) -> Set<String> {
      let keys: [CodingKeys] =
        switch command {
        case .stop, .retry: [.issues, .all, .reason]
        case .pause: [.reason, .until]
        case .resume: [.all, .reason]
        }
      return Set(keys.map(\.rawValue))
    }
  }

  /// What a body says; a word that is not understood, or not with this order, is refused: it might
  /// have said that less is meant.
  private func wanted(_ command: SteeringOrder.Command, _ request: ServedRequest)
    throws(ServedProblem) -> Wanted
  {
    let type = request.header("Content-Type")?.lowercased() ?? ""
    guard type.isEmpty || type.hasPrefix("application/json") else {
      throw ServedProblem(415, "the body is not JSON", hint: "Content-Type: application/json")
    }
    let body = Data(request.body)
    guard let wanted = try? JSONDecoder().decode(Wanted.self, from: body),
      let said = try? JSONDecoder().decode([String: Ignored].self, from: body)
    else {
      throw ServedProblem(
        400, "the body is not understood",
        hint: #"{"issues": ["owner/repo#42"], "all": false, "reason": "...", "until": "..."}"#)
    }
    let known = Wanted.keys(command)
    if let strange = said.keys.sorted().first(where: { !known.contains($0) }) {
      throw ServedProblem(
        400, "\(command.rawValue) takes no \(PlainText.line(strange))",
        hint: "it takes " + known.sorted().joined(separator: ", "))
    }
    return wanted
  }
  /// Any value.
  private struct Ignored: Decodable { init(from decoder: any Decoder) {} }

  private func steer(_ command: SteeringOrder.Command, _ request: ServedRequest)
    async throws(ServedProblem) -> ServedAnswer
  {
    var order = SteeringOrder(command)
    if !request.body.isEmpty {
      let wanted = try wanted(command, request)
      order.issues = wanted.issues ?? []
      order.all = wanted.all ?? false
      order.reason = wanted.reason ?? ""
      if let text = wanted.until {
        guard let time = Timestamp(rfc3339: text) else {
          throw ServedProblem(400, "until is not a time", hint: "as in 2026-11-28T03:10:00Z")
        }
        order.until = time
      }
    }
    let isAboutIssues = command == .stop || command == .retry
    guard order.issues.count <= 1000 else { throw ServedProblem(400, "too many issues at once") }
    if isAboutIssues, order.issues.isEmpty == !order.all {
      throw ServedProblem(400, "name issues, or say all: true")
    }
    let report = try await state.steer(order)
    await renderings.forget()
    return .json(report)
  }
}
