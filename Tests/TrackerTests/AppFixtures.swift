// A GitHub App as the wire shows it: a key made for these tests (no App has it), and a server that
// finds the installation, makes tokens and refuses what GitHub refuses.
import FoundationEssentials
import SymphonyCore
import Synchronization
import Testing

@testable import SymphonyTrackers

enum AppFixtures {
  static let key = """
    -----BEGIN RSA PRIVATE KEY-----
    MIIEowIBAAKCAQEAwPfv+dHlW2mOMR7xoVOp0NG6FE4x5ysRg3rmSZqBBppYQqLL
    VsgYzXEqyA69VQXmZLADm5VQO6hjoFCcWQQSCG3RCM/HOluJev7GImbdCNfnN6mP
    B6IFhqDcTEYVKXa5uwoXq6D8fPt82BvrUpS7jS0yH0HYPCPnzKWAmybCyOrzNolw
    Z1W4Ho5ISdEQ7RxL67XioDRiwHARkCM+vWNHln6R/CmV/ptOiJTL2BmUvl4Xdjhu
    syFdhO/cK7jk9kz/YrNwPq5BVZBufMAtm18/MK5utJn3l4ODD3XM7Ul70vLl618q
    GbSW+05HKO7SbPv5hvhGf+dT9TRCEjhTHti41wIDAQABAoIBABYo4tAHgJU8y+1s
    JkdmeivWyc2nJSfs1DgLFwMA0SxW8SfF1iADHoYJJuaOesOWx9xsMh3dybbwIXC5
    kRrP0tpQ8h5W7gQPmvwa4dn1ghCP6qeDuz8fJg9Nzb6clbWLQszt3cYB2LzpjG6s
    1htHpToTJJxeTVyqquXfY6NtkhTMY1BMYTJja7hBfpvUc/NTazlmQMtj1jpPEvqC
    YYosUMTPdF+BuXdBB/5yNM8M97tTI8xB+YzINcKa0bkq3r/hjwLVn13M4IJlAPLC
    lMkNxXO6ew7lri36seZt0bvmGZhbeDvAP3bh4U2eVsXS6EP+dyF6s7gV9LEDKdKi
    sLqfNOECgYEA4TmMZcloIkQ9LvhkrMu7i1MaD6wnMt+DGDtk2YglMxquPR/DjlKH
    KkCwjb9WZ0ffYFrY+xzQi07l7+BKVJEiQd4Th/YPb5gXpI48yDEVtbRpz3yb7vIQ
    qqsSw+hIx9QjtbWHE8eGPAqOkMlIDFl1sJAY82l6ooYfFkuhbMnXJFkCgYEA21YN
    HSnHR8Owct6eiY4LbEcxjaRdrjT3rdS7Q6Zh999V1fNjwHqJC1TPhLztq5UC3GiH
    DU+jzOCBGhRxWytl9v2hQtoytTEkC3QS430c5EFsdhTLlhgNAdpLOAnWrWF8X+0r
    uUjQq6RcyEKc+WisnbuOH35RlyQeH2amBjGh4K8CgYALiyaOBP+oWfUE1kharuqC
    3pSEXx93NQuED29A0wCNGP37NgiQ39v7p2slKLxl+MITLzTV0glCSp3waH+GzBWE
    aLx5iHwMDTCRB5VH8XQaZw/RSaK4YYHHLZN9pQct7sqRwqcUtXJE24mpFBf0QhWN
    IiWVPD/D2rn3K5MvfzzeqQKBgQC+umRq8LJ+wDdGnDlmSiO6w2nezog7/YlHGs7A
    tAVLA2Vjx+L9NFDJjrVpqtRNuSUkvqx5scAxXyREpnQwIFvpXIIHXTBtCU9bulLW
    iSw/fHixccHbQgzFiKqSD1Qjrrr1u4qi8yOpriKUbgCMjS5VdwvObQzMDjc3fQ5w
    ImautwKBgGxvPNgTzlJwYYE5Md6dJH6ZNv9GOm2n40ZIyIcHP6MJF0D8/lqfPHLD
    79ftXrGel55iDnikqNbWUCg5sRuaIW/QrIDimLAzW9cfXAlebsA2rSQWjCeCXppE
    0bg84ZumBmLtscAwsrrE9vzvw23x3WmBs72k1yMDfo/W604NJs+s
    -----END RSA PRIVATE KEY-----
    """

  static func policy(_ policy: inout TrackerPolicy, installation: String? = nil, key: String = key)
  {
    var app = AppPolicy(id: "Iv23liTest", privateKey: Secret(key))
    app.installation = installation
    policy.app = app
    policy.token = nil
    policy.repository = RepositoryName(owner: "acme", name: "app")
  }
}

/// What the second part of a JSON web token says.
struct Claims: Decodable, Equatable {
  var iat: Int64
  var exp: Int64
  var iss: Structure

  init?(of token: String) {
    let parts = token.split(separator: ".").map(String.init)
    guard parts.count == 3 else { return nil }
    var text = parts[1].replacing("-", with: "+").replacing("_", with: "/")
    while text.count % 4 != 0 { text += "=" }
    guard let bytes = Data(base64Encoded: text),
      let read = try? JSONDecoder().decode(Claims.self, from: bytes)
    else { return nil }
    self = read
  }
}

/// Gives out `ghs_1_...`, `ghs_2_...`, each good for an hour of its own clock; keeps who asked
/// what.
final class AppServer: HTTPTransport {
  struct World {
    var serverNow = noon
    /// Tokens that are not good any more although their time is not over.
    var revoked: Set<String> = []
    var made = 0
    /// Method and path, and the bearer.
    var log: [(what: String, bearer: String)] = []
    /// A permission the installation was not given.
    var refused: String?
    var bodies: [String] = []
    /// Answers to a path instead of the usual one.
    var answers: [String: (status: Int, body: String)] = [:]
  }
  let world = Mutex(World())
  var asked: [String] { world.withLock { $0.log.map(\.what) } }
  /// Of the requests for tokens.
  var bodies: [String] { world.withLock { $0.bodies } }
  var bearers: [String] { world.withLock { $0.log.map(\.bearer) } }

  static func token(_ number: Int) -> String {
    "ghs_\(number)_" + String(repeating: "aB3.-_x", count: 73)
  }

  func change(_ edit: (inout World) -> Void) { world.withLock { edit(&$0) } }

  func send(_ request: HTTPTransportRequest) async throws(TransportError) -> HTTPTransportResponse {
    let bearer = String((request.header("Authorization") ?? "").dropFirst("Bearer ".count))
    return world.withLock { world in
      world.log.append((what: "\(request.method) \(request.target)", bearer: bearer))
      return answer(request, bearer, &world)
    }
  }

  private func answer(_ request: HTTPTransportRequest, _ bearer: String, _ world: inout World)
    -> HTTPTransportResponse
  {
    let date = [(name: "Date", value: Self.header(world.serverNow))]
    if let answer = world.answers[request.target] {
      return .json(answer.body, status: answer.status, date)
    }
    guard request.target.contains("installation") else {
      let isGood = (1...max(1, world.made)).contains { Self.token($0) == bearer }
      return isGood && !world.revoked.contains(bearer)
        ? .json("{\"full_name\":\"acme/app\"}", date + [(name: "ETag", value: "\"1\"")])
        : .json("{\"message\":\"Bad credentials \(bearer)\"}", status: 401, date)
    }
    let seconds = world.serverNow.milliseconds / 1000
    guard let claims = Claims(of: bearer), claims.iat <= seconds, claims.exp > seconds,
      claims.exp <= seconds + 600
    else {
      return .json(
        "{\"message\":\"'Expiration time' claim ('exp') is too far in the future\"}", status: 401,
        date)
    }
    if request.method == "GET" { return .json("{\"id\":2001}", date) }
    let body = String(decoding: request.body ?? [], as: UTF8.self)
    world.bodies.append(body)
    if let refused = world.refused, body.contains("\"\(refused)\"") {
      return .json(
        "{\"message\":\"The permissions requested are not granted to this installation.\"}",
        status: 422, date)
    }
    world.made += 1
    let expiry = (world.serverNow + .hours(1)).rfc3339
    return .json(
      "{\"token\":\"\(Self.token(world.made))\",\"expires_at\":\"\(expiry)\","
        + "\"permissions\":{\"contents\":\"write\",\"issues\":\"read\"}}", status: 201, date)
  }

  /// `Sat, 21 Nov 2026 03:00:00 GMT`; November days only.
  private static func header(_ time: Timestamp) -> String {
    let text = time.rfc3339
    return "Sat, \(text.dropFirst(8).prefix(2)) Nov 2026 \(text.dropFirst(11).prefix(8)) GMT"
  }
}
