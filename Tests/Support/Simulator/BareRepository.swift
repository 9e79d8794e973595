// The simulated repository's commits: a bare git repository on disk, made with one commit on the
// default branch. GitHubWorld merges and counts through it, GitBackend serves it, tests look into it. Its
// pre-receive hook holds the refusals a client meets on push; what it refuses arrives in the
// environment of each push.
import Glibc
import SymphonyPlatform

package struct GitFailure: Error, CustomStringConvertible {
  package var arguments: [String]
  package var exit: ChildExit
  package var text: String
  package var description: String {
    "git \(arguments.joined(separator: " ")): \(exit.description)\n\(text)"
  }
}

package struct BareRepository: Sendable {
  /// The directory above; git's smart HTTP serves `repository.git` below it.
  let root: String
  package var path: String { Files.join(root, "repository.git") }

  static let hook = """
    #!/bin/sh
    # Refusals a client meets on push: protected branches, and whatever a test wants.
    set -f
    while read -r old new ref; do
      if [ -n "$SIM_REFUSAL" ]; then
        printf '%s\\n' "$SIM_REFUSAL" >&2
        exit 1
      fi
      for pattern in $SIM_PROTECTED; do
        case "$ref" in
        refs/heads/$pattern)
          echo "error: GH006: Protected branch update failed for $ref." >&2
          echo "error: Changes must be made through a pull request." >&2
          exit 1;;
        esac
      done
    done

    """

  init(root: String, defaultBranch: String, name: String) throws {
    self.root = root
    try Files.makeDirectories(root)
    _ = try Git.run(
      ["init", "--quiet", "--bare", "--template=", "-b", defaultBranch, path], in: root)
    try Files.append(
      Files.join(path, "config"),
      """
      [http]
      \treceivepack = true
      [uploadpack]
      \tallowFilter = true
      \tallowAnySHA1InWant = true
      [gc]
      \tauto = 0
      [receive]
      \tautogc = false

      """)
    try Files.makeDirectories(Files.join(path, "hooks"))
    let hook = Files.join(path, "hooks/pre-receive")
    try Files.writeAtomically(hook, BareRepository.hook, mode: 0o755, durable: false)
    chmod(hook, 0o755)
    try commit(
      branch: defaultBranch, files: ["README.md": "# \(name)\n"], message: "Initial commit",
      parent: nil)
  }

  @discardableResult
  func git(_ arguments: [String], input: String = "/dev/null") throws -> String {
    try Git.run(arguments, in: path, input: input)
  }

  /// Commit ids by branch name.
  package func branches() throws -> [String: String] {
    let text = try git(["for-each-ref", "--format=%(objectname) %(refname)", "refs/heads"])
    var found: [String: String] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1)
      if parts.count == 2 {
        found[String(parts[1].dropFirst("refs/heads/".count))] = String(parts[0])
      }
    }
    return found
  }
  func commitCount(from old: String, to new: String) throws -> Int {
    Int(try git(["rev-list", "--count", "\(old)..\(new)"])) ?? 0
  }
  func messages(from old: String, to new: String) throws -> String {
    try git(["log", "-n", "100", "--format=%B", "\(old)..\(new)"])
  }
  func setReference(_ name: String, _ commit: String) throws {
    try git(["update-ref", name, commit])
  }
  func deleteBranch(_ name: String) throws {
    try git(["update-ref", "-d", "refs/heads/\(name)"])
  }
  /// The text of a file on a branch; nil when there is none.
  package func text(of file: String, on branch: String) -> String? {
    let asked = Git.attempt(["show", "refs/heads/\(branch):\(file)"], in: path)
    return asked.exit.isSuccess ? asked.output : nil
  }
  /// Subjects of a branch's commits, newest first.
  package func subjects(of branch: String) throws -> [String] {
    try git(["log", "--format=%s", "refs/heads/\(branch)"]).split(separator: "\n").map(String.init)
  }

  /// Commits files (path to text) on a branch, which is made from `parent` when it is new.
  func commit(branch: String, files: [String: String], message: String, parent: String?) throws {
    var script = "commit refs/heads/\(branch)\ncommitter Simulator <sim@example.test> now\n"
    script += "data \(message.utf8.count)\n\(message)\n"
    if let parent { script += "from \(parent)^0\n" }
    for (file, text) in files.sorted(by: { $0.key < $1.key }) {
      script += "M 100644 inline \(file)\ndata \(text.utf8.count)\n\(text)\n"
    }
    let input = Files.join(root, "import-\(Host.randomHex(bytes: 4))")
    try Files.writeAtomically(input, script, durable: false)
    defer { try? Files.remove(input) }
    try git(["fast-import", "--quiet", "--force", "--date-format=now"], input: input)
  }

  /// The merge commit, now on the branch; nil on a conflict.
  func merge(into branch: String, head: String, message: String, squash: Bool) throws -> String? {
    guard let tip = try branches()[branch] else { return nil }
    let merged = Git.attempt(["merge-tree", "--write-tree", tip, head], in: path)
    guard merged.exit.isSuccess, let tree = merged.output.split(separator: "\n").first else {
      return nil
    }
    let parents = squash ? ["-p", tip] : ["-p", tip, "-p", head]
    let commit = try git(["commit-tree", String(tree)] + parents + ["-m", message])
    try setReference("refs/heads/\(branch)", commit)
    return commit
  }
}
