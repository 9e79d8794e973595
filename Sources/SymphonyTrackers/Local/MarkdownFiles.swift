// The Markdown files of one directory of the local tracker, held by its descriptor. Its content
// comes with merged branches, so it is what strangers made it: a link may lead to .env, a name may
// hold a line of somebody's log. Only regular files count, with names that are plain text;
// everything else that looks like one is named and left alone. LocalFolder and LocalRecords read
// and write by it.
import Glibc
import SymphonyCore
import SymphonyPlatform

struct MarkdownFiles {
  struct File {
    var name: FileName
    /// The name without `.md`.
    var stem: String
    var facts: FileFacts
  }
  /// An entry that has such a name and is no regular file; it is never opened.
  struct Refusal {
    /// The stem of the name; nil when the name is not UTF-8.
    var stem: String?
    var sentence: String
  }

  private(set) var files: [File] = []
  private(set) var refused: [Refusal] = []

  /// The most entries of any kind in one directory.
  ///
  /// One with more is not read at all: with a part of it read, the other issues would look as if
  /// they were gone.
  static let entryLimit = 20_000
  /// The most bytes of a stem: records put a suffix to it, and names have at most 255.
  static let stemLimit = 200

  init(_ folder: Folder) throws(PlatformError) {
    let names = try folder.names(atMost: Self.entryLimit + 1)
    guard names.count <= Self.entryLimit else {
      throw PlatformError(
        "list", folder.path, EFBIG,
        why: "it has more than \(Self.entryLimit) entries; move finished ones to another directory")
    }
    for name in names where name.hasSuffix(".md") && name.bytes.count > 3 && name.bytes[0] != 0x2E {
      // The entry was removed after the directory was listed.
      guard let facts = try folder.facts(name) else { continue }
      let path = folder.path(of: name)
      guard let text = name.text, text == name.description else {
        refused.append(
          Refusal(
            stem: nil, sentence: "\(path): its name is not plain text, so it is left alone"))
        continue
      }
      let stem = String(text.dropLast(3))
      if facts.kind != .file {
        refused.append(
          Refusal(
            stem: stem,
            sentence: "\(path) is \(facts.kind.noun), not a regular file, "
              + "so it is left alone"))
      } else if stem.utf8.count > Self.stemLimit {
        refused.append(
          Refusal(
            stem: stem,
            sentence: "\(path): its name is longer than \(Self.stemLimit) bytes, "
              + "so it is left alone"))
      } else {
        files.append(File(name: name, stem: stem, facts: facts))
      }
    }
  }

  /// The first sentences, and how many more there are.
  static func bounded(_ sentences: [String]) -> [String] {
    let shown = 20
    guard sentences.count > shown else { return sentences }
    return sentences.prefix(shown) + ["... and \(sentences.count - shown) more of this kind"]
  }
}

/// The directory in which the issues lie.
struct LocalPlace {
  /// Absolute.
  let directory: String
  let projectDirectory: String

  /// Opens the directory without following a link that a branch can have made: one in the
  /// directory's own place, or on the way to it from the project.
  func open() throws(TrackerError) -> Folder {
    let path = Files.absolute(directory)
    let start = path.hasPrefix(projectDirectory + "/") ? projectDirectory : Files.parent(of: path)
    do throws(PlatformError) {
      var folder = try Folder(start)
      for part in path.dropFirst(start == "/" ? 1 : start.count).split(separator: "/") {
        folder = try folder.folder(FileName(String(part)))
      }
      return folder
    } catch {
      if error.errno == ELOOP {
        throw .misconfigured(
          "issues are not read from \(directory): \(error.path) is a symbolic link, "
            + "which a merged branch can have made",
          hint: "set tracker.directory in WORKFLOW.md to the directory it is to lead to")
      }
      if error.isMissing {
        throw .misconfigured(
          "there is no directory \(directory) to read issues from",
          hint: "create it, or set tracker.directory in WORKFLOW.md")
      }
      if error.errno == EACCES {
        throw .misconfigured(
          "issues cannot be read from \(directory): \(error.description)",
          hint: "let this user read and write it, or set tracker.directory in WORKFLOW.md")
      }
      throw .unreachable(error.description)
    }
  }
}
