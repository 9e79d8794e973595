// A stand-in for an agent's program: it plays recordings byte for byte, ends as it is told, and
// knows nothing of what it plays. The recordings are those of the adapters' own tests.
import SymphonyCore
import SymphonyPlatform

/// What one call of the program prints, and how it ends.
struct Play: Sendable {
  var output = ""
  var errors = ""
  /// An exit status; below zero: the signal by which it ends.
  var status: Int
  /// `file`: a recording's name; what ends in `.stderr` or `.err` goes to standard error.
  static func file(_ file: String, _ status: Int) -> Play {
    let text = (try? Files.readText(folder + file)) ?? ""
    return file.hasSuffix(".stderr") || file.hasSuffix(".err")
      ? Play(errors: text, status: status) : Play(output: text, status: status)
  }
  private static let folder =
    Files.parent(of: Files.parent(of: "\(#filePath)")) + "/AgentTests/Fixtures/"
}

enum FakeAgent {
  /// Writes the program and what its calls play, in order; the last play is repeated.
  /// - Returns: its path.
  static func write(_ plays: [Play], in folder: String) throws -> String {
    let path = Files.join(folder, "fake")
    for (index, play) in plays.enumerated() {
      try Files.writeAtomically("\(path).\(index + 1).out", play.output)
      try Files.writeAtomically("\(path).\(index + 1).err", play.errors)
      try Files.writeAtomically("\(path).\(index + 1).end", "\(play.status)")
    }
    try Files.writeAtomically(path, script, mode: 0o755)
    return path
  }

  private static let script = """
    #!/bin/sh
    n=$(($(cat "$0.calls" 2>/dev/null || echo 0) + 1)); echo $n > "$0.calls"
    cat > "$0.prompt"
    while ! test -e "$0.$n.end"; do n=$((n - 1)); done
    cat "$0.$n.out"; cat "$0.$n.err" >&2
    end=$(cat "$0.$n.end")
    case $end in -*) kill "$end" $$; sleep 600;; esac
    exit "$end"

    """
}
