// Who a worker says it is, in worker.pid. Written when it begins; the executor reads it to tell a
// launch that came to nothing from a worker that died, and to show it to people. Nobody is ever
// signalled because of it: whom a signal reaches is the kernel's word about the lease.

package struct ProcessIdentity: Hashable, Codable, Sendable {
  package var pid: Int32
  /// Clock ticks since boot: field 22 of /proc/PID/stat (proc(5)).
  package var startTime: UInt64
  /// A pid and a start time mean something on this boot only.
  package var bootID: String
  package init(pid: Int32, startTime: UInt64, bootID: String) {
    self.pid = pid
    self.startTime = startTime
    self.bootID = bootID
  }
}
