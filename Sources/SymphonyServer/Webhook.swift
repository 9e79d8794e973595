// GitHub's webhooks: a signature over the raw bytes, checked before anything is read of them, and a
// hint that a tick should look. Never more: what changed is what the tracker says when it is asked
// (docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries).
import FoundationEssentials
import SymphonyCore
import SymphonyPlatform

enum Webhook {
  /// GitHub's own bound.
  static let bodyLimit = 25 << 20
  /// Bytes of a body that is read for its repository's name; a larger one matters unread.
  static let readableBody = 256 << 10

  /// Events after which a tick may find something new; all others are taken and ignored, such as
  /// those of checks and pushes, which come by the thousand and which no tick looks at.
  static let events: Set<String> = [
    "issues", "issue_comment", "issue_dependencies", "sub_issues", "pull_request",
    "pull_request_review", "pull_request_review_comment", "pull_request_review_thread",
    "projects_v2", "projects_v2_item", "installation", "installation_repositories", "label",
    "member",
  ]

  /// Events that matter in whatever repository: an issue there may have kept one of ours waiting.
  private static let farReaching: Set<String> = ["issues", "issue_dependencies", "sub_issues"]

  /// The delivery that a request is, or the answer that it gets instead.
  ///
  /// `repositories`: all whose events matter; empty: every one.
  static func read(_ request: ServedRequest, repositories: [RepositoryName])
    -> Result<WebhookDelivery, Refusal>
  {
    guard let given = request.header("X-Hub-Signature-256") else {
      return .failure(Refusal(401, "the signature is missing: X-Hub-Signature-256"))
    }
    guard let code = request.bodyCode.map(hex) else {
      return .failure(Refusal(503, "signatures cannot be checked: this machine has no libcrypto"))
    }
    let expected = Array(("sha256=" + code).utf8)
    guard ConstantTime.areEqual(Array(given.lowercased().utf8), expected) else {
      return .failure(Refusal(401, "the signature is not that of github.webhook_secret"))
    }
    guard let event = request.header("X-GitHub-Event"), isWord(event) else {
      return .failure(Refusal(400, "the event is missing: X-GitHub-Event"))
    }
    guard let id = request.header("X-GitHub-Delivery"), isWord(id) else {
      return .failure(Refusal(400, "the delivery's id is missing: X-GitHub-Delivery"))
    }
    let matters =
      events.contains(event) && (farReaching.contains(event) || isOurs(request, repositories))
    return .success(WebhookDelivery(id: id, code: code, event: event, matters: matters))
  }

  struct Refusal: Error, Hashable {
    var status: Int
    var sentence: String
    init(_ status: Int, _ sentence: String) { (self.status, self.sentence) = (status, sentence) }
  }

  private struct Payload: Decodable {
    struct Repository: Decodable {
      var fullName: String
      private enum CodingKeys: String, CodingKey { case fullName = "full_name" }
    }
    var repository: Repository?
  }

  /// Whether it may be about one of those repositories: what names none, or cannot be read, may.
  ///
  /// A webhook of an organization tells of all its repositories.
  private static func isOurs(_ request: ServedRequest, _ repositories: [RepositoryName]) -> Bool {
    guard !repositories.isEmpty, !request.body.isEmpty,
      let payload = try? JSONDecoder().decode(Payload.self, from: Data(request.body)),
      let name = payload.repository?.fullName.lowercased()
    else { return true }
    return repositories.contains { $0.description.lowercased() == name }
  }

  /// Short, and of letters that a GUID or an event's name has.
  private static func isWord(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 100
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
