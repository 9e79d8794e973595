// Repositories that an agent made inside its workspace. The commit of the outer one holds nothing
// of them but a link: published, it would lead to a commit that nobody has, and removed with the
// workspace, the only copy would be gone. Asked by Work before the push and by CleanUp before the
// workspace goes. Looks at files and asks git; changes nothing.
import SymphonyCore
import SymphonyPlatform

struct NestedRepositories {
  let git: GitCommand
  let checkout: Checkout

  private var submodules: Submodules { Submodules(git: git, checkout: checkout) }

  /// A link in the commits to be published that leads to a commit nobody else has, in words; nil:
  /// there is none.
  ///
  /// `fork`: where `head` left the base branch.
  func deadLink(_ head: String, since fork: String) throws(RunStop) -> String? {
    let answer = try git.ask(
      ["diff-tree", "-r", "-z", "--no-renames", fork, head], in: checkout.place)
    guard answer.isSuccess else { throw .failed("git_failed", answer.complaint) }
    var parts = answer.bytes.split(separator: 0).makeIterator()
    while let facts = parts.next(), let name = parts.next() {
      let words = String(decoding: facts, as: UTF8.self).split(separator: " ")
      guard words.count >= 4, words[1] == "160000" else { continue }
      let (path, commit) = (String(decoding: name, as: UTF8.self), String(words[3]))
      if try isDeclared(path, head) {
        guard try submodules.isOnlyHere(commit, path) else { continue }
        return
          "the branch has a link to commit \(commit.prefix(12)) of the submodule `\(path)`, which "
          + "is on no branch of that one's remote: push it there first, or take the link back"
      }
      return
        "`\(path)` is a repository of its own inside the workspace, and the branch has only a link "
        + "to its commit \(commit.prefix(12)): remove its .git and commit the files, or publish it "
        + "and declare it as a submodule"
    }
    return nil
  }

  private func isDeclared(_ path: String, _ head: String) throws(RunStop) -> Bool {
    let answer = try git.answer(
      ["config", "--blob", "\(head):.gitmodules", "-z", "--get-regexp", "^submodule\\..*\\.path$"],
      in: checkout.place)
    guard answer.isSuccess else { return false }
    return answer.output.split(separator: "\0").contains { $0.hasSuffix("\n\(path)") }
  }

  /// Paths of repositories in the workspace with commits that no remote of theirs has had.
  func unpublished() throws(RunStop) -> [String] {
    var found: [String] = []
    for path in repositories(below: checkout.path) {
      let own = Files.join(path, ".git")
      guard holdsObjects(own) else { continue }
      if !checkout.isWalled {
        let answer = try git.ask(
          ["rev-list", "--max-count=1", "--all", "--not", "--remotes"], in: .tree(path))
        if answer.isSuccess, answer.text.isEmpty { continue }
      }
      found.append(path)
    }
    for bytes in try submodules.paths() {
      let path = String(decoding: bytes, as: UTF8.self)
      let tree = Files.join(checkout.path, path)
      if !found.contains(tree), try submodules.holdsUnpublished(path) { found.append(tree) }
    }
    return found
  }

  private func holdsObjects(_ directory: String) -> Bool {
    let objects = Files.join(directory, "objects")
    return ((try? Files.list(objects)) ?? []).contains { name in
      name == "pack"
        ? !((try? Files.list(Files.join(objects, name))) ?? []).isEmpty : name != "info"
    }
  }

  private func repositories(below folder: String) -> [String] {
    var found: [String] = []
    for name in ((try? Files.list(folder)) ?? []).sorted() where name != ".git" {
      let path = Files.join(folder, name)
      guard Files.linkTarget(path) == nil, Files.isDirectory(path) else { continue }
      let own = Files.join(path, ".git")
      if Files.linkTarget(own) == nil, Files.isDirectory(own) { found.append(path) }
      found += repositories(below: path)
    }
    return found
  }
}
