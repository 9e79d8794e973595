// Logs lie where an agent may write: what it puts in their place is not read, and what was given
// back to the disk is no text.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import Testing

@testable import SymphonyExecutors

extension LocalExecutorTests {
  @Suite struct Tail {
    @Test("a link, a pipe or a directory in the place of a log is an error and never waited for")
    func planted() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      let run = world.run("planted")
      let files = try world.makeDirectory(run)
      try Files.writeAtomically(world.root + "/secret", "s3cret\n")
      #expect(symlink(world.root + "/secret", files.file(of: .agent)) == 0)
      #expect(mkfifo(files.file(of: .worker), 0o600) == 0)
      try Files.makeDirectory(files.file(of: .hooks))
      for log in [RunLog.agent, .worker, .hooks] {
        for piece in [LogPiece.last(100), .from(0, limit: 100)] {
          let error = #expect(throws: ExecutorError.self, "\(log)") {
            try executor.tail(run, log, piece)
          }
          #expect(error?.code == "run_directory_unusable")
          #expect(error?.sentence.contains(files.file(of: log)) == true)
        }
      }
    }

    @Test("the directory of a run that is a link is no run")
    func linkedRun() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      let (run, other) = (world.run("link"), world.run("other"))
      try Files.append(try world.makeDirectory(other).workerLog, "theirs\n")
      #expect(symlink(world.directory(other).path, world.directory(run).path) == 0)
      let error = #expect(throws: ExecutorError.self) {
        try executor.tail(run, .worker, .last(100))
      }
      #expect(error?.code == "unknown_run")
    }

    @Test("a reader goes on behind what was given back to the disk")
    func hole() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      let run = world.run("hole")
      let path = try world.makeDirectory(run).agentOutput
      let block = String(repeating: "0123456789abcde\n", count: 4096)
      try Files.append(path, block + block + block)
      let (page, size) = (65536, Int64(3 * 65536))
      do throws(PlatformError) {
        try Files.leaveOut(path, page..<2 * page, note: "\n[left out]\n", noteAt: 4096)
      } catch {
        // Not every file system can.
        return
      }
      var (read, next) = ([UInt8](), Int64(0))
      while case let piece = try executor.tail(run, .agent, .from(next, limit: 50_000)),
        !piece.bytes.isEmpty
      {
        #expect(piece.size == size)
        (read, next) = (read + piece.bytes, piece.next)
      }
      #expect(next == size && read.count == 2 * page)
      #expect(!read.contains(0))
      #expect(try executor.tail(run, .agent, .last(16)).bytes == Array("0123456789abcde\n".utf8))
    }
  }
}
