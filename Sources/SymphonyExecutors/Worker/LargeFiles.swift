// Files that Git LFS keeps: the repository holds pointers to them, and a server refuses pointers
// whose objects it has not got. Git's own way to send them is a hook, and our git runs none: so
// they are sent before the commits. Called by PushOrder. Where they go is said by the base branch,
// which people have reviewed, and never by what an agent wrote into .lfsconfig.
import SymphonyCore
import SymphonyPlatform

struct LargeFiles {
  let git: GitCommand
  let checkout: Checkout

  private var place: GitPlace { checkout.repository.place }

  /// Sends what the commit's history has and the remote's branches lack.
  /// - Parameter target: the remote's address, or the name of the one that the workflow names.
  /// - Returns: nil when the remote has them, or none are needed; else why not, for people.
  func problem(uploading head: String, to target: String) throws(RunStop) -> String? {
    guard try areIn(head) else { return nil }
    guard try git.ask(["lfs", "version"], in: place).isSuccess else {
      return "the repository keeps files with Git LFS (its .gitattributes say so), and git-lfs is "
        + "not installed for the worker"
    }
    let address = try address(target)
    let settings =
      address.map { ["-c", "lfs.url=\($0)", "-c", "lfs.pushurl=\($0)"] } ?? []
    let answer = try git.ask(
      settings + ["lfs", "push", "--", address == nil ? target : "origin", head], in: place,
      remote: true)
    return answer.isSuccess ? nil : "the files of Git LFS are not sent: " + answer.complaint
  }

  private func areIn(_ head: String) throws(RunStop) -> Bool {
    try git.holds(
      ["grep", "--quiet", "--fixed-strings", "-e", "filter=lfs", head, "--"]
        + [":(glob)**/.gitattributes"], in: place)
  }

  /// Nil for a remote that is known by its name only.
  private func address(_ target: String) throws(RunStop) -> String? {
    for key in ["lfs.pushurl", "lfs.url"] {
      let told = try git.ask(
        ["config", "--blob", "\(checkout.baseRef):.lfsconfig", "--get", key], in: place)
      if told.isSuccess, !told.text.isEmpty { return told.text }
    }
    if target.hasPrefix("/") { return "file://" + target }
    guard target.contains("://") || target.contains("@") else { return nil }
    guard target.hasPrefix("http") else { return target }
    return (target.hasSuffix(".git") ? target : target + ".git") + "/info/lfs"
  }
}
