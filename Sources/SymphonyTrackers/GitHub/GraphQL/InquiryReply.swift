// The answer to an Inquiry, part by part; a part that is null is nil here, and what its absence
// means is told by the faults beside it. Inquirer sends an Inquiry: without what the server does
// not know, with smaller pages once the server found them too heavy, and for the rest once.
import SymphonyCore

struct InquiryReply: Decodable, Sendable {
  struct RepositoryAnswer: Decodable, Sendable {
    var node: RepositoryNode
    /// Pull requests by the index of the branch; nil where the list cannot be read.
    var heads: [Int: [HeadNode?]] = [:]
    init(from decoder: any Decoder) throws {
      node = try RepositoryNode(from: decoder)
      let container = try decoder.container(keyedBy: GitHubKey.self)
      for key in container.allKeys {
        guard key.stringValue.first == "h", let index = Int(key.stringValue.dropFirst()) else {
          continue
        }
        heads[index] = container.nodes(key.stringValue, of: HeadNode.self)
      }
    }
  }

  var board: BoardNode?
  /// In the order of the question.
  var watched: [WatchedNode?]
  var links: [LinksNode?]
  var commented: [CommentedNode?]
  /// Repositories by their index in the question.
  var repositories: [Int: RepositoryAnswer] = [:]
  var viewer: String?

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GitHubKey.self)
    let owner = container.object("organization") ?? container.object("user")
    board = owner?.node("projectV2", of: BoardNode.self)
    watched = container.entries("watched", of: WatchedNode.self) ?? []
    links = container.entries("links", of: LinksNode.self) ?? []
    commented = container.entries("commented", of: CommentedNode.self) ?? []
    viewer = container.object("viewer")?.string("login")
    for key in container.allKeys {
      guard key.stringValue.first == "r", let index = Int(key.stringValue.dropFirst()) else {
        continue
      }
      repositories[index] = container.node(key.stringValue, of: RepositoryAnswer.self)
    }
  }
}

/// The thing that an id of ours stands for: an issue or pull request, or an item of a board.
enum WatchedNode: Decodable, AskedNode, Sendable {
  case content(ContentNode)
  case place(PlaceNode)
  var id: ItemID {
    switch self {
    case .content(let content): content.item.id
    case .place(let place): ItemID(place.id)
    }
  }
  var number: Int? { if case .content(let content) = self { content.item.number } else { nil } }
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GitHubKey.self)
    if container.string("__typename") == "ProjectV2Item" {
      self = .place(try PlaceNode(from: decoder))
    } else {
      self = .content(try ContentNode(from: decoder))
    }
  }
}

/// Sends inquiries of one survey or confirmation.
struct Inquirer {
  /// How long half a page is asked for, after a whole one was too heavy and half of it was
  /// answered.
  private static let restTime = Interval.hours(1)
  private static let sizeKey = "symphony:page-size"
  private static let smallestPage = 25
  private static let tooHeavy: [String?] = ["RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED"]

  private struct Size: Codable {
    var size: Int
    var since: Timestamp
  }

  let client: GitHubClient
  let memory: TrackerMemory
  let policy: TrackerPolicy
  private(set) var features: ServerFeatures
  private(set) var pageSize: Int
  private var wasHalved = false
  private var isSizeKept = false

  init(_ tracker: GitHubTracker) {
    client = tracker.client
    memory = tracker.memory
    policy = tracker.policy
    features = ServerFeatures.recall(memory, now: client.now)
    pageSize = policy.board?.pageSize ?? 100
    if let rest = memory.read(Self.sizeKey, as: Size.self),
      !Deadline(setAt: rest.since, delay: Self.restTime).isDue(at: client.now)
    {
      pageSize = min(pageSize, rest.size)
    }
  }

  /// Sends an inquiry and returns its answer with its faults.
  ///
  /// A document the server does not understand is sent again without the field it names; pages too
  /// heavy for it are halved, once.
  mutating func ask(_ inquiry: Inquiry) async throws(TrackerError) -> (InquiryReply, [GraphQLFault])
  {
    for _ in 0...(ServerFeature.allCases.count + 1) {
      let call = inquiry.call(policy, features, pageSize: pageSize)
      let reply: GraphQLReply<InquiryReply>
      do throws(TrackerError) {
        reply = try await client.graphQL(call, as: InquiryReply.self)
      } catch {
        if error.asksForLess, inquiry.hasPages, halve() { continue }
        throw error
      }
      if reply.faults.contains(where: { Self.tooHeavy.contains($0.type) }), inquiry.hasPages,
        halve()
      {
        continue
      }
      if let value = reply.value {
        if wasHalved, inquiry.hasPages, !isSizeKept {
          isSizeKept = true
          memory.write(Self.sizeKey, Size(size: pageSize, since: client.now))
        }
        return (value, reply.faults)
      }
      if features.learn(reply.faults, memory, now: client.now) { continue }
      throw client.error(of: reply, in: call)
    }
    throw .malformed("\(inquiry.name) was refused again and again by the server")
  }

  private mutating func halve() -> Bool {
    guard !wasHalved, pageSize > Self.smallestPage else { return false }
    wasHalved = true
    pageSize = max(Self.smallestPage, pageSize / 2)
    return true
  }
}

extension [GraphQLFault] {
  /// The faults at a path or inside of it.
  func at(_ path: String...) -> [GraphQLFault] { at(path) }
  func at(_ path: [String]) -> [GraphQLFault] { filter { $0.path.starts(with: path) } }
}
