// Texts of strangers on their way to a terminal, a log, a comment or a decision: times, limits,
// addresses, keys, secrets, and what makes them harmless.
import FoundationEssentials
import SymphonyCore
import SymphonyReport

@testable import SymphonyAgents
@testable import SymphonyTrackers

let textTargets: [FuzzTarget] = [
  FuzzTarget(
    "time",
    seeds: {
      Seeds.texts(
        "2026-11-21T03:04:05Z", "2026-11-21t03:04:60.123456+23:59", "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:60-23:59", "Sun, 06 Nov 1994 08:49:37 GMT", "-9223372036854775808",
        "usage limit reached|1795914314", "resets Oct 6, 3pm (Europe/Berlin)",
        "try again at Nov 21st, 2026 3:00 AM.", "Try again in 3 days 6 hours 57 minutes.",
        "resets 12:60am (UTC)", "resets in 99999999999999 days")
    }, check: checkTime),
  FuzzTarget(
    "plain-text",
    seeds: {
      Seeds.texts(
        "A \u{1B}[31mred\u{1B}[0m\u{202E} word\r\n\t\u{2028}👩‍🚀\u{200D}x",
        "@octocat closes #12, fixes acme/app#3 <!-- x --> `a` ```\n~~~\n&#64;x http://a/b",
        "ghp_0123456789abcdefghijABCDEFGHIJ012345 https://a:secret@b/c -----BEGIN RSA PRIVATE KEY-----",
        "::error file=a::b%0A\n##[group]x")
    }, check: checkPlainText),
  FuzzTarget(
    "address",
    seeds: {
      Seeds.texts(
        "https://github.com/acme/app.git", "git@github.com:acme/app.git", "http://[::1]:8080/a?b#c",
        "ssh://git@ssh.github.com:443/acme/app", "https://a:b@c:99999/", "../acme/app",
        "<https://api.github.com/x?page=2>; rel=\"next\", <https://a/b?c=d,e>; rel=last")
    }, check: checkAddress),
  FuzzTarget(
    "keys",
    seeds: { Seeds.texts("ab\u{1B}[A\u{1B}[200~paste\u{1B}[201~\u{1B}Oé\u{1B}", "\r\t\u{7F}") },
    check: checkKeys),
]

private let noon = Timestamp(milliseconds: 1_795_230_000_000)

private func checkTime(_ input: [UInt8]) throws {
  let text = String(decoding: input, as: UTF8.self)
  if let time = Timestamp(rfc3339: text) {
    let again = Timestamp(rfc3339: time.rfc3339)
    let isPlain = (0...253_402_300_799_999).contains(time.milliseconds)
    try promise(
      !isPlain || again?.milliseconds == time.milliseconds / 1000 * 1000,
      "\(text) is written \(time.rfc3339)")
  }
  if let milliseconds = Int64(text) {
    let time = Timestamp(milliseconds: milliseconds)
    try promise(!time.rfc3339.isEmpty, "a time has no words")
    _ = (Interval(milliseconds: milliseconds).description, Interval.seconds(milliseconds))
    _ = (Interval.minutes(milliseconds), Interval.hours(milliseconds), Interval.days(milliseconds))
    _ = (time - .days(1), noon - time, time - noon, time + .days(1))
  }
  if let seconds = Double(text), let time = Timestamp(claimedSeconds: seconds) {
    try promise(time.milliseconds >= 0, "\(seconds) claimed seconds are \(time)")
  }
  for zone in [LimitClock.Zone.utc, .own, .unknown] {
    let clock = LimitClock(now: { noon }, zone: zone)
    if let limit = clock.limit(in: text) {
      try promise(
        (0...253_402_300_799_999).contains(limit.milliseconds), "a limit at \(limit)")
    }
  }
  _ = GitHubAnswer.date(text)
}

private func checkPlainText(_ input: [UInt8]) throws {
  let text = String(decoding: input, as: UTF8.self)
  let line = PlainText.line(text)
  try promisePlain(line, "a line for a terminal")
  try promise(PlainText.line(line) == line, "a line is not yet plain")
  let quoted = String(decoding: try JSONEncoder().encode([text]), as: UTF8.self)
  let json = PlainText.json(quoted)
  try promisePlain(json, "JSON for a terminal")
  let read = try JSONDecoder().decode([String].self, from: Data(json.utf8))
  try promise(
    read.map { Array($0.utf8) } == [Array(text.utf8)], "JSON for a terminal says something else")
  for count in [0, 1, 7] {
    try promise(
      PlainText.beginning(text, scalars: count).unicodeScalars.count <= count, "a cut is too long")
  }
  let masked = KnownTokens.masked(text)
  try promise(
    KnownTokens.all(in: masked).isEmpty && KnownTokens.password(in: masked) == nil
      && KnownTokens.masked(masked) == masked, "a secret is left in \(masked.debugDescription)")
  try promisePublished(text)
  try promisePlain(GitHubAnswer.clean(text), "a server's word")
  try promiseBounded(GitHubAnswer.clean(text), 300 * 64, "a server's word")
}

private func promisePublished(_ text: String) throws(BrokenPromise) {
  let inert = ForeignText.inert(text)
  try promise(ForeignText.inert(inert) == inert, "what is inert is changed once more")
  try promise(!ForeignText.line(text).contains("\n"), "a line has two")
  let fenced = ForeignText.fenced(text).splitLines(keepingEmpty: true)
  let fence = fenced.first.map { $0.prefix { $0 == "`" || $0 == "~" } } ?? ""
  try promise(
    fence.count >= 3 && fenced.dropFirst().dropLast().allSatisfy { !$0.contains(fence) },
    "a fence is closed within: \(fenced)")
  _ = ForeignText.quoted(text)
  for name in [RunnerCommand.Name.error] {
    let command = "\(RunnerCommand.remark(name, text, root: "/p"))"
    try promise(!command.contains("\n"), "a command of a runner has two lines")
  }
  for line in text.splitLines() {
    let shown = RunnerText.inert(String(line))
    try promise(!shown.hasPrefix("::"), "a runner obeys \(shown.debugDescription)")
  }
}

private func checkAddress(_ input: [UInt8]) throws {
  let text = String(decoding: input, as: UTF8.self)
  if let address = WebAddress(text) {
    let again = WebAddress(address.origin)
    try promise(
      again?.host == address.host && again?.scheme == address.scheme
        && again?.port == address.port && again?.user == nil,
      "the origin \(address.origin) is another place than \(text.debugDescription)")
    try promise(address.isSameOrigin(as: address), "an address is not its own")
  }
  for api in ["https://api.github.com", "https://git.example.com/api/v3"] {
    if let name = OriginRemote.parse(text, apiURL: api) {
      try promise(
        RepositoryName(name.description) == name, "\(name) is no name of a repository")
    }
    var policy = TrackerPolicy()
    policy.apiURL = api
    let served = ServedFacts(policy: policy)
    try promisePage(served.page(text))
  }
  if let next = GitHubAnswer.next(text) { _ = GitHubAnswer.followingPage(next) }
  _ = GitHubAnswer.followingPage(text)
  let encoded = WebAddress.encode(text)
  try promise(
    encoded.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "/") },
    "\(encoded) is no part of a path")
}

func promisePage(_ page: String) throws(BrokenPromise) {
  try promise(
    page.isEmpty
      || page.utf8.count <= 2000 && page.lowercased().hasPrefix("http")
        && page.utf8.allSatisfy { (0x21...0x7E).contains($0) },
    "\(page.debugDescription.prefix(300)) is shown as a page")
}

private func checkKeys(_ input: [UInt8]) throws {
  var whole = KeyReader()
  let keys = whole.take(input) + whole.settle()
  var single = KeyReader()
  var inPieces: [Key] = []
  for byte in input { inPieces += single.take([byte]) }
  inPieces += single.settle()
  try promise(inPieces == keys, "\(keys) typed, \(inPieces) read in pieces")
}
