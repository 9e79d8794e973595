// libFuzzer around one of the targets: it keeps what leads to new code, and writes the input that ends
// the process to a file. Tests/System/fuzz.sh builds it with the counters it needs (-sanitize=fuzzer),
// which bring libFuzzer with them.
//
//     Fuzzer list                    the names of the targets
//     Fuzzer seeds FOLDER            writes the target's own inputs there
//     Fuzzer OPTION... FOLDER...     libFuzzer's (llvm.org/docs/LibFuzzer.html)
//
// SYMPHONY_FUZZ_TARGET names the target: libFuzzer starts itself anew with its own arguments alone.
import FoundationEssentials
import FuzzTargets
import Glibc
import SymphonyPlatform

private let name = Host.environment["SYMPHONY_FUZZ_TARGET"] ?? ""
private let target = FuzzTarget.named(name)

private func say(_ sentence: String) {
  let line = Array("fuzz: \(sentence)\n".utf8)
  _ = line.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
}

private typealias Words = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

@_silgen_name("LLVMFuzzerRunDriver")
private func run(
  _ count: UnsafeMutablePointer<CInt>, _ words: UnsafeMutablePointer<Words>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// SwiftPM begins a program with a function of this name.
@_cdecl("Fuzzer_main")
public func begin(
  _ count: CInt, _ words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
  let arguments = CommandLine.arguments.dropFirst()
  if arguments.first == "list" {
    for target in FuzzTarget.all { print(target.name) }
    return 0
  }
  guard let target else {
    say("no target `\(name)`; `make fuzz` without TARGET names them")
    return 64
  }
  if arguments.first == "seeds", let folder = arguments.last {
    do { try write(target, to: folder) } catch {
      say("\(error)")
      return 74
    }
    return 0
  }
  var (count, words) = (count, words)
  return run(&count, &words, test)
}

private func write(_ target: FuzzTarget, to folder: String) throws {
  try Files.makeDirectories(folder)
  for (index, seed) in try target.seeds().enumerated() {
    try Data(seed).write(to: URL(filePath: Files.join(folder, "seed-\(index)")))
  }
  for (file, bytes) in try Seeds.found(target.name) {
    try Data(bytes).write(to: URL(filePath: Files.join(folder, "found-\(file)")))
  }
}

/// One input; what breaks a promise ends the process.
@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ bytes: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  do {
    try target?.check(Array(UnsafeBufferPointer(start: bytes, count: size)))
  } catch {
    say("\(name): \(error)")
    abort()
  }
  return 0
}
