// A cache stays small, and nobody loses anything by that.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct CacheCareTests {
  /// More packs than git would leave lying about.
  private func scatter(_ yard: WorkerYard) throws {
    try yard.shell(
      """
      cd state/repos/acme/app.git
      for n in $(seq 60); do
        echo "content $n" | git hash-object -w --stdin | git pack-objects -q objects/pack/pack
      done >&2
      git prune-packed -q
      """)
  }
  private func packs(_ yard: WorkerYard) throws -> Int {
    try Files.list(Files.join(yard.cache, "objects/pack")).filter { $0.hasSuffix(".pack") }.count
  }

  @Test func theNextRunCollectsWhatManyFetchesLeft() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    try scatter(yard)
    // Commits that no ref holds may be all that is left of somebody's work.
    let lost = try yard.shell("git -C state/workspaces/w42 commit-tree -m lost HEAD^{tree}")
    let before = try packs(yard)
    #expect(before >= 60)
    let result = try yard.perform(commitScript)
    #expect(result.push == .pushed(head: try yard.remoteTip()), "\(result.summary)")
    #expect(try packs(yard) < 10)
    try yard.shell("git --git-dir=state/repos/acme/app.git cat-file -e \(lost)")
  }

  @Test func soDoesACleanUp() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    try scatter(yard)
    #expect(try yard.cleanUp().removed)
    #expect(try packs(yard) < 10)
  }

  @Test func whileAnotherRunLivesNothingIsTouched() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    try scatter(yard)
    try yard.shell("touch -d '2 hours ago' state/repos/acme/app.git/objects/pack/tmp_pack_old")
    let other = try yard.live()
    try other.files.writeSpec(other.spec)
    let result = try yard.perform(commitScript)
    #expect(result.outcome == .succeeded, "\(result.summary)")
    #expect(try packs(yard) >= 60)
    #expect(Files.exists(Files.join(yard.cache, "objects/pack/tmp_pack_old")))
    withExtendedLifetime(other) {}
  }

  @Test func whatAKilledGitLeftHalfWrittenGoesOnceItIsOld() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    let names = [
      "pack/tmp_pack_a", "pack/.tmp-1-pack-a.pack", "tmp_objdir-incoming-a", "17/tmp_obj_a",
    ]
    for name in names {
      try yard.shell(
        """
        cd state/repos/acme/app.git/objects; mkdir -p 17
        case \(name) in tmp_objdir*) mkdir \(name);; *) echo half > \(name);; esac
        touch -d '2 hours ago' \(name)
        """)
    }
    try yard.shell("echo half > state/repos/acme/app.git/objects/pack/tmp_pack_young")
    _ = try yard.perform(commitScript)
    for name in names {
      #expect(!Files.exists(Files.join(yard.cache, "objects/\(name)")), "\(name)")
    }
    #expect(Files.exists(Files.join(yard.cache, "objects/pack/tmp_pack_young")))
  }
}
