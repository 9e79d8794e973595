// The folders of a WORKFLOW.md's project: its directory, the checkout around it, and the repository
// of that checkout where it is elsewhere. There may be tokens in any of them (.env and its copies,
// origin's URL in .git/config, WORKFLOW.md itself), so none of them is there in a sandbox. Looks at
// files only: git would have to be asked with somebody's configuration.
import SymphonyCore
import SymphonyPlatform

enum ProjectFolders {
  /// Absolute; the directory of the file first.
  static func around(_ workflow: String) -> [String] {
    let directory = Files.parent(of: workflow)
    guard directory.hasPrefix("/") else { return [] }
    var found = [directory]
    var folder = directory
    while folder != "/" {
      let place = Files.join(folder, ".git")
      if Files.isDirectory(place) {
        // The directory itself, too: a folder of the system cannot be hidden.
        found += [folder, place]
        break
      }
      // Of a submodule or a linked worktree; the repository around may hold as much.
      if let text = try? Files.readText(place, limit: 8192), text.hasPrefix("gitdir: ") {
        let own = Files.absolute(
          text.dropFirst("gitdir: ".count).trimmingWhitespace(), from: folder)
        found += [folder, own] + shared(own)
      }
      folder = Files.parent(of: folder)
    }
    return found
  }

  /// A linked worktree keeps its configuration in the repository it was made from, and that has a
  /// working tree of its own beside it.
  private static func shared(_ own: String) -> [String] {
    guard let text = try? Files.readText(Files.join(own, "commondir"), limit: 8192) else {
      return []
    }
    let directory = Files.absolute(text.trimmingWhitespace(), from: own)
    return Files.lastName(of: directory) == ".git"
      ? [directory, Files.parent(of: directory)] : [directory]
  }
}
