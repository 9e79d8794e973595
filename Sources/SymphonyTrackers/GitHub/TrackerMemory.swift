// The tracker's own memory from tick to tick: JSON values kept among the cached answers under keys
// that are no URLs (`symphony:...`), bound to the account we authenticate as. Surveys and
// dependency names use it. Losing an entry costs a request, never a mistake.
import FoundationEssentials
import SymphonyCore

struct TrackerMemory: Sendable {
  private let cache: any ResponseCache
  /// The authenticated account; tokens of an App are renewed every hour, and its memory outlives
  /// them.
  private let owner: String

  /// The memory of one account; `identity` tells one from another.
  init(_ cache: any ResponseCache, identity: String) {
    self.cache = cache
    owner = identity
  }

  func read<Value: Decodable>(_ key: String, as type: Value.Type) -> Value? {
    guard let entry = cache.lookUp(key), entry.tokenFingerprint == owner else { return nil }
    return try? JSONDecoder().decode(type, from: Data(entry.body))
  }

  /// An unchanged value is not written again.
  func write(_ key: String, _ value: some Encodable) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let body = try? Array(encoder.encode(value)) else { return }
    if let known = cache.lookUp(key), known.body == body, known.tokenFingerprint == owner { return }
    cache.remember(
      key, CachedResponse(etag: "", body: body, next: nil, tokenFingerprint: owner))
  }
}
