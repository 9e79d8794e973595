// The variable that marks agents, hooks and the worker's git children as belonging to a run, so
// that they can be found again after their worker died. The worker sets it on what it starts; the
// sweep and the poll look for it. Ticks and workers never carry it: a sweep must not be able to
// find them.
import SymphonyCore

package enum RunMarker {
  package static let variable = RunID.variable
  /// `SYMPHONY_RUN=<id>`, as it stands in an environment.
  package static func entry(_ run: RunID) -> String { "\(variable)=\(run)" }

  /// The runs named in a block of environment entries (NUL between them); usually none or one.
  static func runs(in block: [UInt8]) -> [RunID] {
    var found: [RunID] = []
    var start = 0
    while start < block.count {
      let end = block[start...].firstIndex(of: 0) ?? block.count
      if block[start..<end].starts(with: prefix) {
        found.append(RunID(String(decoding: block[(start + prefix.count)..<end], as: UTF8.self)))
      }
      start = end + 1
    }
    return found
  }
  private static let prefix = Array("\(variable)=".utf8)
}
