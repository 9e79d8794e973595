// Reads what the run directories of this machine still tell, for `symphony recover`: nothing is
// believed that does not fit its directory's name, and nothing is changed. What follows from it is
// decided in SymphonyCore/Planning/Recovery.swift.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns

package enum LocalEvidence {
  /// Of a state directory (absolute), in the order of their names.
  /// - Throws: `.disk` when the directories cannot be listed, or a lease cannot be looked at.
  package static func read(stateDirectory: String) throws(ExecutorError) -> [RunEvidence] {
    let layout = StateLayout(stateDirectory)
    do throws(PlatformError) {
      var found: [RunEvidence] = []
      for name in try Files.list(layout.runs).sorted() {
        let files = RunDirectory(RunID(name), in: layout)
        guard Files.isDirectory(files.path), Files.linkTarget(files.path) == nil,
          !name.hasSuffix(Files.removedSuffix)
        else { continue }
        found.append(try evidence(RunID(name), files))
      }
      return found
    } catch { throw .disk(error.description) }
  }

  private static func evidence(
    _ id: RunID, _ files: RunDirectory
  ) throws(PlatformError) -> RunEvidence {
    let seconds = Files.modifiedSeconds(files.spec) ?? Files.modifiedSeconds(files.path) ?? 0
    var evidence = RunEvidence(id: id, launchedAt: Timestamp(milliseconds: seconds * 1000))
    // Before the result: a worker lets its lease go after it has written it.
    evidence.isAlive = try FileLock.probe(files.lease)
    evidence.era = files.readIdentity()?.bootID ?? ""
    let spec: RunSpec
    do throws(PlatformError) {
      spec = try files.readSpec()
    } catch {
      evidence.problem = error.description
      return evidence
    }
    guard spec.runID == id, spec.generation == id.parts?.generation else {
      evidence.problem = "\(files.spec) is about another run, \(spec.runID)"
      return evidence
    }
    evidence.spec = spec
    evidence.progress = files.readProgress().flatMap {
      $0.progress.nonce == spec.nonce ? $0.progress : nil
    }
    evidence.result = try files.readResult(nonce: spec.nonce)
    return evidence
  }
}
