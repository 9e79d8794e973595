// The owner of a state directory: one machine and one pid namespace, because leases, /proc and WAL
// mean nothing elsewhere. Written by the tick that creates the database, compared at every open.
// Taking over a foreign directory is another command's business.
import SymphonyCore
import SymphonyPlatform

struct Owner: Equatable {
  var machine: String
  var namespace: String
  /// The inode number of a namespace identifies it during one boot only, so it is kept with that
  /// boot's id.
  var boot: String

  static var here: Owner {
    Owner(machine: Host.machineID, namespace: Host.pidNamespace, boot: Host.bootID)
  }

  var text: String { "\(machine) \(namespace) \(boot)" }

  init(machine: String, namespace: String, boot: String) {
    self.machine = machine
    self.namespace = namespace
    self.boot = boot
  }

  init?(text: String) {
    let parts = text.split(separator: " ").map(String.init)
    guard parts.count == 3 else { return nil }
    self.init(machine: parts[0], namespace: parts[1], boot: parts[2])
  }

  /// - Throws: `.foreign` when `here` is another machine, or another pid namespace of the same
  ///   boot.
  func check(_ here: Owner, directory: String) throws(StoreError) {
    let advice = "locks and process numbers of elsewhere mean nothing here"
    guard machine == here.machine else {
      throw .foreign("state directory \(directory) belongs to machine \(machine); \(advice)")
    }
    guard boot != here.boot || namespace == here.namespace else {
      throw .foreign("state directory \(directory) belongs to \(namespace), a container; \(advice)")
    }
  }

  /// Two machines may have one id, as cloned ones do: then another boot has ticked while this one
  /// was up.
  ///
  /// A tick of the future says nothing: the clock was wrong then, or is now.
  /// - Throws: `.foreign`.
  func check(
    _ here: Owner, lastTick: Timestamp?, _ times: (now: Timestamp, bootedAt: Timestamp),
    of directory: String
  ) throws(StoreError) {
    guard boot != here.boot, let lastTick, lastTick > times.bootedAt + .minutes(1),
      lastTick <= times.now + .minutes(1)
    else { return }
    throw .foreign(
      "another machine with the id of this one (\(machine)) ticked in \(directory) at "
        + "\(lastTick.rfc3339), since this one booted")
  }
}
