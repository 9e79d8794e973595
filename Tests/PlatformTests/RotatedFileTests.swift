// A file in parts: they never take more than they may, every line stays whole wherever something
// was cut short, and nothing that a link or a pipe leads to is written.
import Glibc
import SymphonyPlatform
import Testing

@Suite struct RotatedFileTests {
  private func line(_ number: Int) -> String {
    "\(number) " + String(repeating: "x", count: number * 37 % 200)
  }

  /// Of all parts, the oldest first; they are numbered from 1 without a gap.
  private func parts(_ path: String) throws -> [String] {
    var texts = [try Files.readText(path)]
    while Files.exists("\(path).\(texts.count)") {
      texts.insert(try Files.readText("\(path).\(texts.count)"), at: 0)
    }
    let names = try Files.list(Files.parent(of: path))
    #expect(names.count == texts.count, "\(names)")
    return texts
  }

  private func bytes(_ folder: String) throws -> Int64 {
    try Files.list(folder).reduce(0) { $0 + (Files.size(Files.join(folder, $1)) ?? 0) }
  }

  @Test(arguments: [8, 1_600, 4_000, 100_000], [1, 7, 60])
  func partsStayBelowTheirBoundAndKeepTheNewest(_ limit: Int64, _ block: Int) throws {
    let yard = try Yard()
    let path = yard.inPlace("log")
    let file = RotatedFile(path, limit: limit)
    var expected: [String] = []
    for start in stride(from: 0, to: 600, by: block) {
      let lines = (start..<min(600, start + block)).map(line)
      let fitting = lines.filter { $0.utf8.count < file.lineLimit }
      #expect(try file.append(lines) == lines.count - fitting.count)
      expected += fitting
      #expect(try bytes(yard.place) <= limit)
    }
    guard !expected.isEmpty else {
      #expect(!Files.exists(path))
      return
    }
    let texts = try parts(path)
    #expect(texts.allSatisfy { $0.hasSuffix("\n") && $0.utf8.count <= file.lineLimit })
    let kept = texts.joined().split(separator: "\n").map(String.init)
    #expect(kept == Array(expected.suffix(kept.count)))
    // Two parts behind each other hold more than one could.
    let all = expected.reduce(0) { $0 + $1.utf8.count + 1 }
    #expect(try bytes(yard.place) >= min(Int64(all), limit / 2 - file.lineLimit))
    #expect(Files.permissions(path) == 0o600)
  }

  /// Each gap that a kill between two renames can leave.
  @Test(arguments: 1...5)
  func aRotationThatWasCutShortLosesNothing(_ gap: Int) throws {
    let yard = try Yard()
    let path = yard.inPlace("log")
    let file = RotatedFile(path, limit: 800)
    try Files.append(path, String(repeating: "0", count: 98) + "\n")
    for number in 1...6 where number != gap {
      try Files.append("\(path).\(number)", "\(number)\n")
    }
    try file.append(["new"])
    #expect(try Files.readText(path) == "new\n")
    let order = try (1...6).map { try Files.readText("\(path).\($0)").first }
    #expect(order == Array("0123456").filter { "\($0)" != "\(gap)" })
  }

  @Test func aTornLineIsClosed() throws {
    let yard = try Yard()
    let path = yard.inPlace("log")
    let file = RotatedFile(path, limit: 80_000)
    try file.append(["whole"])
    try Files.append(path, "{\"torn\":")
    try file.append(["one", "two"])
    #expect(try Files.readText(path) == "whole\n{\"torn\":\none\ntwo\n")
  }

  /// A smaller bound than before holds from the next line on, also where all were in one file.
  @Test func aBoundThatBecameSmallerIsKept() throws {
    let yard = try Yard()
    let path = yard.inPlace("log")
    let large = RotatedFile(path, limit: 80_000)
    for number in 0..<600 { try large.append([line(number)]) }
    let small = RotatedFile(path, limit: 2_000)
    try small.append(["last"])
    #expect(try bytes(yard.place) <= 2_000)
    #expect(try Files.readText(path) == "last\n")
  }

  @Test func onlyItsOwnPartsGo() throws {
    let yard = try Yard()
    let path = yard.inPlace("log")
    let others = ["log.01", "log.0", "log.x", "log.10000", "log.1.gz", "other.1", "log.-1"]
    for name in others { try Files.append(yard.inPlace(name), "theirs\n") }
    let file = RotatedFile(path, limit: 800)
    for number in 0..<100 { try file.append(["\(number)"]) }
    for _ in 0..<100 { try file.append([String(repeating: "y", count: 60)]) }
    for name in others { #expect(try Files.readText(yard.inPlace(name)) == "theirs\n") }
  }

  @Test func nothingIsFollowed() throws {
    let yard = try Yard()
    yard.link("log", to: yard.victim)
    yard.pipe("pipe")
    func append(_ name: String) -> Int32 {
      number { () throws(PlatformError) in
        try RotatedFile(yard.inPlace(name), limit: 8_000).append(["x"])
      }
    }
    #expect(append("log") == ELOOP)
    #expect(append("pipe") == EINVAL)
    #expect(append("missing/log") == ENOENT)
    #expect(yard.isUntouched)
  }
}
