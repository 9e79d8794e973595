// Makes the label that issues are picked by, once, when a project is set up: `symphony init` asks
// for it. A tick never makes a label. What is there already is left as it is, colour and all.
import SymphonyCore

package enum LabelCreation {
  package enum Answer: Hashable, Sendable { case created, wasThere }

  private struct Label: Encodable {
    var name: String
    var color = "5319e7"
    var description = "Worked on by symphony"
  }

  /// In the repository of the workflow, or the one that `origin` names.
  /// - Throws: what GitHub answers; `.misconfigured` where no repository is named.
  package static func run(_ label: String, _ parts: TrackerRegistry.Parts)
    async throws(TrackerError) -> Answer
  {
    let opened = try TrackerRegistry.openGitHub(parts)
    do throws(TrackerError) {
      let answer = try await make(label, opened.github)
      await opened.open.close()
      return answer
    } catch {
      await opened.open.close()
      throw error
    }
  }

  private static func make(_ label: String, _ tracker: GitHubTracker)
    async throws(TrackerError) -> Answer
  {
    guard let home = tracker.home else {
      throw .misconfigured("no repository to make a label in", hint: "name it with --repository")
    }
    if try await isThere(label, home, tracker) { return .wasThere }
    do throws(TrackerError) {
      _ = try await tracker.client.write("POST", tracker.url(home, "/labels"), Label(name: label))
      return .created
    } catch {
      // Somebody else was quicker, or the answer to ours was lost.
      if (try? await isThere(label, home, tracker)) == true { return .wasThere }
      throw error
    }
  }

  private static func isThere(
    _ label: String, _ home: RepositoryName, _ tracker: GitHubTracker
  ) async throws(TrackerError) -> Bool {
    let address = tracker.url(home, "/labels/\(WebAddress.encode(label))")
    do throws(TrackerError) {
      _ = try await tracker.client.get(address, as: Structure.self, .fresh)
      return true
    } catch .notFound {
      return false
    }
  }
}
