// What doctor says of the files that ticks write for others: metrics, log and traces. Looks, and
// writes nothing; a tick that meets such trouble tells it and goes on.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport

extension Checkup {
  func publishedFiles(_ policy: Policy) -> [Finding] {
    var findings: [Finding] = []
    func look(_ key: String, _ path: String?, in folder: (String) -> String) {
      guard let path else { return }
      findings.append(finding(key, path, folder(path)))
    }
    look("metrics.textfile", policy.metricsFile) { Files.parent(of: $0) }
    // Of the log the directory itself is made, and nothing above it.
    look("logs.directory", policy.logs.path.map { Files.join($0, LogFile.name) }) { file in
      let directory = Files.parent(of: file)
      return Files.exists(directory) ? directory : Files.parent(of: directory)
    }
    look("traces.otlp_file", policy.traces.path) { Files.parent(of: $0) }
    return findings
  }

  /// `folder`: where the file, or its directory, is made.
  private func finding(_ key: String, _ path: String, _ folder: String) -> Finding {
    let hint = "make the directory and give it to the user whose timer calls ticks"
    if !Files.isDirectory(folder) {
      return Finding(.fail, "files", "\(key): \(folder) is not a directory", hint: hint)
    }
    let isThere = Files.exists(path)
    let isTaken = isThere && (Files.isDirectory(path) || Files.linkTarget(path) != nil)
    // A file of metrics is replaced, so its link would be, too.
    if isTaken, key != "metrics.textfile" || Files.isDirectory(path) {
      return Finding(
        .fail, "files", "\(key): \(path) is not a regular file", hint: "name another, or move it")
    }
    if !Files.isWritable(folder) || isThere && !Files.isWritable(path) {
      return Finding(
        .fail, "files", "\(key): this user cannot write \(path)", hint: hint)
    }
    return Finding(.pass, "files", "\(key): \(path)")
  }
}
