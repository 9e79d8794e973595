// git over smart HTTP: authorises a request as GitHub does and lets git's own CGI program (`git
// http-backend`) answer it. Called by SimulatorCore for every path that looks like a repository's;
// the world learns of pushed branches afterwards, there.
import FoundationEssentials
import Glibc
import SymphonyCore
import SymphonyPlatform

/// A request below `/owner/name.git`.
struct GitRoute: Hashable, Sendable {
  var repository: RepositoryName
  /// `info/refs`, `git-upload-pack` or `git-receive-pack`.
  var tail: String
  var isPush: Bool

  init?(_ request: WireRequest) {
    let parts = request.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    let names = parts.prefix(2).map { Percent.decoded($0) }
    guard names.count == 2, !["repos", "api", "repositories", "graphql"].contains(names[0]) else {
      return nil
    }
    tail = parts.dropFirst(2).joined(separator: "/")
    guard ["info/refs", "git-upload-pack", "git-receive-pack"].contains(tail) else { return nil }
    let name = names[1].hasSuffix(".git") ? String(names[1].dropLast(4)) : names[1]
    repository = RepositoryName(owner: names[0], name: name)
    isPush = tail == "git-receive-pack" || request.value("service") == "git-receive-pack"
  }
}

struct GitBackend: Sendable {
  var git: BareRepository

  static let challenge = HeaderLine("WWW-Authenticate", "Basic realm=\"GitHub\"")

  /// The refusal or redirection for this caller; nil: go on.
  ///
  /// Also who the caller is, and the repository meant.
  static func refusal(
    _ route: GitRoute, _ request: WireRequest, _ world: GitHubWorld
  ) -> (reply: WireReply?, login: String, room: RepositoryRoom?) {
    var caller: Caller?
    if let header = request.header("authorization") {
      caller = basicPassword(header).flatMap { world.tokens[$0] }
      let isOver = caller?.expiresAt.map { $0 <= world.now } ?? false
      guard caller != nil, !isOver else {
        var reply = WireReply.text(
          401,
          "remote: Invalid username or token. Password authentication is not supported for Git "
            + "operations.\n")
        reply.headers.append(challenge)
        return (reply, "", nil)
      }
    }
    let room = world.room(named: route.repository)
    guard let caller else {
      if let room, !room.facts.isPrivate, !route.isPush { return (nil, "", room) }
      var reply = WireReply.text(401, "Authentication required\n")
      reply.headers.append(challenge)
      return (reply, "", nil)
    }
    guard let room, caller.sees(room.facts) else {
      return (.text(404, "Repository not found.\n"), caller.login, nil)
    }
    let name = room.facts.name
    if !name.matches(route.repository) {
      let query = request.rawQuery.isEmpty ? "" : "?" + request.rawQuery
      var reply = WireReply.text(301, "")
      reply.set("Location", "\(world.web)/\(name).git/\(route.tail)\(query)")
      return (reply, caller.login, room)
    }
    if !caller.may("contents", write: route.isPush, in: room.facts) {
      let text =
        route.isPush
        ? "remote: Permission to \(name).git denied to \(caller.login).\n"
        : "remote: Write access to repository not granted.\n"
      return (.text(403, text), caller.login, room)
    }
    return (nil, caller.login, room)
  }

  /// GitHub's git endpoint wants Basic; the user name does not matter.
  private static func basicPassword(_ header: String) -> String? {
    let parts = header.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "basic",
      let decoded = Data(base64Encoded: String(parts[1]))
    else { return nil }
    let pair = String(decoding: decoded, as: UTF8.self)
    guard let colon = pair.firstIndex(of: ":") else { return nil }
    return String(pair[pair.index(after: colon)...])
  }

  /// Runs the CGI program for one request; blocks until it ends.
  func answer(
    _ route: GitRoute, _ request: WireRequest, login: String, protected: [String], refusal: String?
  ) throws -> WireReply {
    let stem = Files.join(git.root, "cgi-\(Host.randomHex(bytes: 6))")
    let (input, output, errors) = (stem + ".in", stem + ".out", stem + ".err")
    defer { for file in [input, output, errors] { try? Files.remove(file) } }
    try GitBackend.store(request.body, at: input)
    var environment = Git.environment
    environment["GIT_PROJECT_ROOT"] = git.root
    environment["GIT_HTTP_EXPORT_ALL"] = "1"
    environment["PATH_INFO"] = "/repository.git/\(route.tail)"
    environment["REQUEST_METHOD"] = request.method
    environment["QUERY_STRING"] = request.rawQuery
    environment["CONTENT_TYPE"] = request.header("content-type") ?? ""
    environment["CONTENT_LENGTH"] = "\(request.body.count)"
    environment["REMOTE_USER"] = login
    environment["REMOTE_ADDR"] = "127.0.0.1"
    environment["GIT_PROTOCOL"] = request.header("git-protocol")
    environment["HTTP_CONTENT_ENCODING"] = request.header("content-encoding")
    environment["SIM_PROTECTED"] = protected.joined(separator: " ")
    environment["SIM_REFUSAL"] = refusal ?? ""
    var spawn = SpawnRequest(
      arguments: ["git", "http-backend"], environment: environment, directory: git.root)
    spawn.input = input
    spawn.output = output
    spawn.errorOutput = errors
    let child = try Spawn.start(spawn)
    var pause: Int64 = 1
    while Spawn.reap(child) == nil {
      Clock.sleep(milliseconds: pause)
      pause = min(pause * 2, 10)
    }
    return GitBackend.reply(try Files.read(output, limit: 256 << 20))
  }

  private static func store(_ bytes: [UInt8], at path: String) throws(PlatformError) {
    guard let file = fopen(path, "w") else { throw PlatformError("write", path, errno) }
    let written = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, written == bytes.count else {
      throw PlatformError("write", path, errno)
    }
  }

  /// CGI's header block, then the body.
  static func reply(_ bytes: [UInt8]) -> WireReply {
    let end = Array("\r\n\r\n".utf8)
    guard let start = bytes.indices.first(where: { bytes[$0...].starts(with: end) }) else {
      return .text(500, "git http-backend gave no answer\n")
    }
    var reply = WireReply(status: 200, body: Array(bytes[(start + end.count)...]))
    // Characters are not bytes here: "\r\n" is one Character, so lines are split as UTF-8.
    for line in bytes[..<start].split(separator: UInt8(ascii: "\n")) {
      let text = String(decoding: line.filter { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
      let pair = text.split(separator: ":", maxSplits: 1)
      guard pair.count == 2 else { continue }
      let value = pair[1].drop { $0 == " " }
      if pair[0].lowercased() == "status" {
        reply.status = Int(value.prefix(3)) ?? 500
      } else {
        reply.headers.append(HeaderLine(String(pair[0]), String(value)))
      }
    }
    return reply
  }
}
