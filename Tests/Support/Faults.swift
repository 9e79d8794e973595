// What a test orders of the processes of `symphony` that it starts
// (Sources/CSymphonyPlatform/fault.c reads it): to be killed, to be stopped, to lose power or to
// fail at a deed; and the record of the deeds that they did.
import SymphonyPlatform

package struct Faults: Sendable {
  package enum Act: Hashable, Sendable {
    case kill, stop
    /// Everything that runs ends, and what was not synced may be lost (PowerLoss).
    case power
    /// This deed, and those behind it as far as `times` goes, fail with an errno(3).
    case fail(Int32, times: Int = 1)

    package var text: String {
      switch self {
      case .kill: "kill"
      case .stop: "stop"
      case .power: "power"
      case .fail(let number, let times): "errno=\(number)x\(times)"
      }
    }
  }

  /// One deed on record.
  package struct Deed: Hashable, Sendable {
    package var role: FaultPoint.Role
    /// Its number among all counted deeds of its role; 0: it does not count.
    package var number: Int
    package var pid: Int32
    package var kind: FaultPoint
    /// Ordered for it, so that it was not done: `kill`, `stop`, `power` or `errno`; nil: nothing.
    package var act: String?
    package var isOrdered: Bool { act != nil }
    /// The name below `old` that what it took away has; nil: it took nothing away that is kept.
    package var old: String?
    package var what: String
    /// Of a rename the new name.
    package var more: String
  }

  package let path: String

  /// Makes a directory of that name for the orders.
  package init(in directory: TemporaryDirectory, _ name: String = "faults") throws {
    path = try directory.directory(name)
    try directory.directory(name + "/old")
    // fault.c counts in 3 roles and 63 kinds, 8 bytes each.
    try directory.write(name + "/counts", String(repeating: "\0", count: 4096))
  }

  /// With it a process does as it was ordered, and all that it starts.
  package var environment: [String: String] { ["SYMPHONY_FAULTS": path] }

  /// `kind`: that of a FaultPoint, `*` for any, or `tell/commit` for the first commit of a process
  /// behind its tell of that number.
  ///
  /// Numbers count from 1, in all processes of a role together.
  package func order(_ role: FaultPoint.Role, _ kind: String, _ number: Int, _ act: Act) throws {
    let line = "\(role.rawValue) \(kind) \(number) \(act.text)\n"
    try Files.append(Files.join(path, "orders"), line)
  }

  /// Whatever was ordered is forgotten; the counts go on.
  package func withdraw() throws { try Files.remove(Files.join(path, "orders")) }

  /// Every deed so far, in order.
  package var trace: [Deed] {
    get throws {
      let file = Files.join(path, "trace")
      guard Files.exists(file) else { throw Inert() }
      return try Files.readText(file, limit: 256 << 20).split(separator: "\n").map {
        let parts = $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 8, let role = FaultPoint.Role(rawValue: parts[0]),
          let number = Int(parts[1]), let pid = Int32(parts[2]),
          let kind = FaultPoint(rawValue: parts[3])
        else { throw Unreadable(line: String($0)) }
        return Deed(
          role: role, number: number, pid: pid, kind: kind, act: parts[4] == "-" ? nil : parts[4],
          old: parts[5] == "0" ? nil : parts[5], what: parts[6], more: parts[7])
      }
    }
  }
  package struct Unreadable: Error { var line: String }
  /// No process took orders.
  package struct Inert: Error, CustomStringConvertible {
    package var description: String {
      "no symphony took orders: one that was linked for deployment cannot; build the tests again"
    }
  }
}
