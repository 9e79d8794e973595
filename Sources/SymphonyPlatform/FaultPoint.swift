// The deeds of this program: calls that change what a kill or a power loss leaves behind. Each kind
// of deed is done in one place (files in Disk, processes in Spawn, ...), which passes here first,
// so that a test can end, stop or hinder a process before any of them. In a program that is
// deployed nothing can be ordered: CSymphonyPlatform/fault.c is not in it.
import CSymphonyPlatform
import Glibc

/// The kinds of deeds.
///
/// After one deed is before the next, so a kill is tried before each only. `answer` alone lies
/// behind its deed: what a server did is done when its answer is lost.
package enum FaultPoint: String, CaseIterable, Sendable {
  // Files.
  case create, write, sync, rename, link, folder, remove, shorten, overwrite, hole
  /// Written by a clock, and not by what a run does.
  case pulse, progress
  /// A transaction of the database.
  case commit
  // Processes; a question is a command that changes nothing.
  case spawn, git, question, exec, signal
  // The tracker.
  case request, answer
  // What a tick says: to people, to its log, to notify.command.
  case tell, log, notify

  /// Counts for orders that name no kind.
  ///
  /// The others change nothing, or come when a clock says so: a position would mean something else
  /// each time.
  package var isCounted: Bool {
    switch self {
    case .pulse, .progress, .question: false
    case .create, .write, .sync, .rename, .link, .folder, .remove, .shorten, .overwrite, .hole,
      .commit, .spawn, .git, .exec, .signal, .request, .answer, .tell, .log, .notify:
      true
    }
  }

  /// As whom a process does its deeds.
  package enum Role: String, CaseIterable, Sendable { case command, tick, worker }

  /// From now on this process is a tick or a worker; until then it is a command.
  package static func take(role: Role) {
    sy_fault_orders()?.pointee.take_role(role.rawValue)
  }

  /// Stands for the kernel's id of this boot where a test has lost power; nil: nobody has.
  static var era: String? { sy_fault_orders()?.pointee.era.map { String(cString: $0) } }

  /// When that boot began, by the wall clock in milliseconds.
  static var eraSince: Int64? {
    guard let orders = sy_fault_orders(), orders.pointee.era != nil else { return nil }
    return orders.pointee.era_since
  }

  /// Says that a deed is about to be done: to `what`, and with `more`.
  /// - Returns: the error number that it has to fail with; nil: it may be done.
  @discardableResult
  package func reach(
    _ what: @autoclosure () -> String = "", _ more: @autoclosure () -> String = ""
  ) -> Int32? {
    guard let orders = sy_fault_orders() else { return nil }
    let kind = Self.allCases.firstIndex(of: self) ?? 0
    let number = orders.pointee.reach(Int32(kind), rawValue, what(), more(), isCounted ? 1 : 0)
    return number == 0 ? nil : number
  }

  /// A system call as a deed: -1 with errno where it was ordered to fail.
  func around<Value: BinaryInteger & SignedNumeric>(
    _ what: @autoclosure () -> String, _ more: @autoclosure () -> String = "", _ call: () -> Value
  ) -> Value {
    if let number = reach(what(), more()) {
      errno = number
      return -1
    }
    return call()
  }
}
