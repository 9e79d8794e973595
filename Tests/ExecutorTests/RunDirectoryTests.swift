// The files of a run: names, form, and what a damaged one reads as.
import Glibc
import SymphonyCore
import SymphonyExecutors
import SymphonyPlatform
import SymphonyRuns
import Testing

extension LocalExecutorTests {
  @Suite struct Directory {
    @Test("what is written is read back, the same bytes each time, for the owner only")
    func roundTrip() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let run = world.run("files")
      let files = try world.makeDirectory(run)
      let spec = world.spec(run)
      try files.writeSpec(spec)
      let first = try Files.readText(files.spec)
      try files.writeSpec(spec)
      #expect(try Files.readText(files.spec) == first)
      #expect(try files.readSpec() == spec)
      var result = world.result(run)
      result.push = .unpushed(head: "abc", why: "the remote did not answer")
      result.session = SessionRef(
        id: "s-1", counted: SessionRef.dollarsOnly(0.1))
      try files.writeResult(result)
      #expect(try files.readResult(nonce: "n1") == result)
      var found = stat()
      for path in [files.spec, files.result] {
        #expect(stat(path, &found) == 0)
        #expect(found.st_mode & 0o777 == 0o600)
      }
      #expect(try Files.list(files.path) == ["result.json", "spec.json"])
    }

    @Test("files of the previous version are understood")
    func earlierVersion() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let run = world.run("earlier")
      let files = try world.makeDirectory(run)
      // What was not there then is not written into a spec when it says nothing.
      try files.writeSpec(world.spec(run))
      try files.writeResult(world.result(run))
      for path in [files.spec, files.result] {
        let text = try Files.readText(path)
        #expect(!text.contains("startsFresh"))
      }
      #expect(try files.readResult(nonce: "n1")?.fenced == false)
      #expect(try files.readSpec().git.fresh == false)
      var (spec, result) = (world.spec(run), world.result(run))
      spec.git.fresh = true
      result.fenced = true
      try files.writeSpec(spec)
      try files.writeResult(result)
      #expect(try files.readSpec().git.fresh)
      #expect(try files.readResult(nonce: "n1")?.fenced == true)
    }

    @Test("a limit that is not set is 0 in a spec, as every version wrote it, and nil elsewhere")
    func limitsInASpec() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let run = world.run("limits")
      let files = try world.makeDirectory(run)
      var spec = world.spec(run)
      (spec.agent.maxRun, spec.agent.stallTimeout, spec.git.settings.fetchDepth) = (nil, nil, nil)
      try files.writeSpec(spec)
      let text = try Files.readText(files.spec)
      for key in ["maxRun", "stallTimeout", "fetchDepth"] {
        #expect(text.contains("\"\(key)\":0") || text.contains("\"\(key)\" : 0"), "\(key)")
      }
      #expect(try files.readSpec() == spec)
      // An earlier version kept what was below 0 as it was written.
      let earlier = text.replacing("\"stallTimeout\":0", with: "\"stallTimeout\":-1")
        .replacing("\"stallTimeout\" : 0", with: "\"stallTimeout\" : -1")
      #expect(earlier != text)
      try Files.writeAtomically(files.spec, earlier)
      #expect(try files.readSpec() == spec)
      (spec.agent.maxRun, spec.git.settings.fetchDepth) = (.seconds(9), 5)
      try files.writeSpec(spec)
      #expect(try Files.readText(files.spec).contains("9000"))
      #expect(try files.readSpec() == spec)
    }

    @Test("a spec that is missing or broken is an error that names it")
    func brokenSpec() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let files = try world.makeDirectory(world.run("broken"))
      #expect(throws: PlatformError("read", files.spec, ENOENT)) { try files.readSpec() }
      try Files.writeAtomically(files.spec, "{\"version\": 1")
      #expect(throws: PlatformError("understand", files.spec, EBADMSG)) { try files.readSpec() }
    }

    @Test("what is planted among a run's files is not followed, not waited for and not believed")
    func planted() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let run = world.run("planted")
      let files = try world.makeDirectory(run)
      let outside = try world.makeDirectory(world.run("outside"))
      try outside.writeResult(world.result(run))
      try outside.writeSpec(world.spec(run))
      let before = try Files.readText(outside.result) + Files.readText(outside.spec)
      for (name, target) in [
        (files.result, outside.result), (files.spec, outside.spec), (files.lease, outside.spec),
        (files.progress, outside.result),
      ] { #expect(symlink(target, name) == 0) }
      #expect(mkfifo(files.workerPID, 0o600) == 0)
      #expect(try files.readResult(nonce: "n1") == nil)
      #expect(throws: PlatformError.self) { try files.readSpec() }
      #expect(throws: PlatformError.self) { try FileLock.take(files.lease) }
      #expect(files.readProgress() == nil)
      #expect(files.readIdentity() == nil)
      #expect(files.readPulse() == nil)
      try files.writeResult(world.result(run))
      try files.writeSpec(world.spec(run))
      #expect(try files.readResult(nonce: "n1") != nil)
      #expect(try Files.readText(outside.result) + Files.readText(outside.spec) == before)
      try Files.remove(files.result)
      #expect(mkfifo(files.result, 0o600) == 0)
      #expect(try files.readResult(nonce: "n1") == nil)
    }

    @Test("the pulse is eight bytes in place, little end first")
    func pulse() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let files = try world.makeDirectory(world.run("pulse"))
      #expect(files.readPulse() == nil)
      let lease = try #require(try FileLock.take(files.lease))
      #expect(files.readPulse() == nil)
      try files.writePulse(lease, milliseconds: 0x0102_0304_0506)
      #expect(try Files.read(files.lease) == [6, 5, 4, 3, 2, 1, 0, 0])
      try files.writePulse(lease, milliseconds: 7)
      #expect(files.readPulse() == 7)
      #expect(try Files.read(files.lease).count == 8)
    }

    /// The bytes of a worker that was launched before the program was replaced: it lives on, and
    /// its words mean the same.
    @Test("files of a worker of an earlier version are understood", arguments: golden)
    func earlierWorker(written: String, push: PushState) throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let files = try world.makeDirectory(world.run("earlier"))
      let progress =
        #"{"fenceHead":"f00d","lastEvent":"ls","nonce":"n1","phase":"agent","#
        + #""phaseDeadlineMonotonic":123456,"phaseSince":5,"turn":2,"usage":"#
        + #"{"cachedInputTokens":1,"costUSD":0.5,"inputTokens":2,"outputTokens":3}}"#
      try Files.writeAtomically(files.progress, progress + "\n")
      let seen = try #require(files.readProgress())
      #expect(seen.deadline == 123_456 && seen.progress.fenceHead == "f00d")
      #expect(seen.progress.phase == .agent && seen.progress.turn == 2)
      // Written again it says the same, its deadline included.
      try files.writeProgress(seen.progress, deadline: seen.deadline, durably: false)
      let again = try #require(files.readProgress())
      #expect(again.progress == seen.progress && again.deadline == seen.deadline)

      var result = world.result(world.run("earlier"))
      result.push = push
      try files.writeResult(result)
      let bytes = try Files.readText(files.result)
      #expect(bytes.contains(#""push":"# + written + ","))
      #expect(try files.readResult(nonce: "n1") == result)
    }
    private static let golden: [(String, PushState)] = [
      (#"{"nothing":{}}"#, .nothing),
      (#"{"pushed":{"head":"f00d"}}"#, .pushed(head: "f00d")),
      (#"{"unpushed":{"head":"f00d","why":"no"}}"#, .unpushed(head: "f00d", why: "no")),
      (#"{"refused":{"head":"f00d","why":"no"}}"#, .refused(head: "f00d", why: "no")),
      (
        #"{"branchMoved":{"head":"f00d","remote":"beef"}}"#,
        .branchMoved(head: "f00d", remote: "beef")
      ),
    ]
  }
}
