// A worker's own word about its process, in worker.pid. Written when it begins; the executor reads
// it to tell a launch that came to nothing from a worker that died, and to show it to people. No
// signal is ever sent because of it: only the kernel's word about the lease decides which process
// gets one.

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
