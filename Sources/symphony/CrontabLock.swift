// One command of a user at a time changes that user's crontab: crontab(1) knows only the whole of
// it, and of two that read, change and write it at once the later one takes away what the other
// wrote. The kernel frees the lock whatever becomes of its holder. Editors do not ask for it: what
// a person writes meanwhile is found by reading the crontab anew.
import SymphonyCore
import SymphonyPlatform
import SymphonyTick

enum CrontabLock {
  /// Milliseconds to wait for another command, which asks systemd as well and may have to wait.
  private static let patience: Int64 = 60_000

  /// Runs `body`, which reads the crontab and writes it, while no other command does.
  /// - Throws: what `body` throws; `Stop` with 75 where another command does not come to an end,
  ///   74 where there is no place for the lock.
  static func holding<Answer>(_ body: () throws -> Answer) throws -> Answer {
    let lock = try take()
    defer { withExtendedLifetime(lock) {} }
    return try body()
  }

  private static func take() throws -> FileLock {
    let path = try file()
    let end = Clock.monotonicMilliseconds() + patience
    var holder: String?
    do throws(PlatformError) {
      while Clock.monotonicMilliseconds() < end {
        if let lock = try FileLock.take(path) { return lock }
        if holder == nil {
          holder = FileLock.owner(of: path).map { " (pid \($0))" } ?? ""
          Output.remark(
            "waiting for another symphony command\(holder ?? "") that is changing "
              + "your crontab")
        }
        Clock.sleep(milliseconds: 20)
      }
    } catch { throw unusable(error.description) }
    throw Stop(
      .locked,
      "another symphony command\(holder ?? "") is changing your crontab: nothing was changed",
      hint: "try again when it has ended")
  }

  /// The same place for every workflow and shell of a user, whatever else is set.
  ///
  /// A HOME that is another user's (`sudo -E`) is left alone.
  private static func file() throws -> String {
    let homes = [Host.environment["HOME"], Host.accountHome].compactMap(\.self)
    let own = homes.first { home in
      home.hasPrefix("/")
        && Files.resolved(home).flatMap(Files.facts)?.owner == Host.userID
    }
    guard let own else { throw unusable("no home directory of this user's is known") }
    let folder = Files.join(own, ".local/state/symphony")
    do throws(UnsafeFolder) { try FolderSafety().check(folder) } catch {
      throw Stop(.state, error.sentence, hint: error.hint)
    }
    do throws(PlatformError) { try Files.makeDirectories(folder) } catch {
      throw unusable(error.description)
    }
    return Files.join(folder, "crontab.lock")
  }

  private static func unusable(_ why: String) -> Stop {
    Stop(
      .state, "there is no place for a lock on your crontab, which is left alone: \(why)",
      hint: "set HOME to a directory of yours that can be written")
  }
}
