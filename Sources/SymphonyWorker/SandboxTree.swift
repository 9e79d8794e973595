// Which part of the file system a sandboxed agent finds where: a set of rules by path, of which the
// innermost wins, turned into bwrap's options. Called by Sandbox, which says what the run needs;
// here is what every run needs: temporary folders, homes and /run hidden, and the installations of
// the programs put back. Looks at the machine's files and changes none.
import Glibc
import SymphonyPlatform

struct SandboxTree {
  enum Access: Hashable { case readable, writable }
  private enum Rule: Hashable {
    /// An empty folder, private to the sandbox.
    case hidden
    /// An empty file in the place of a secret.
    case masked
    case shown(Access, source: String)
  }

  private let environment: [String: String]
  /// As the environment names it.
  private let home: String
  private var rules: [String: Rule] = [:]

  init(environment: [String: String]) {
    self.environment = environment
    let home = Files.absolute(environment["HOME"] ?? "/root", from: "/")
    self.home = home
    for folder in [
      "/tmp", "/var/tmp", "/run", "/var/run", "/home", "/root", home,
      environment["XDG_RUNTIME_DIR"] ?? "",
    ] { hide(folder) }
    // The real HOME is hidden; where HOME is a link, a program still finds a folder under its name.
    if Files.resolved(home) != home, isHidden(home) { rules[home] = .hidden }
    for file in ["/etc/shadow", "/etc/gshadow", "/etc/shadow-", "/etc/gshadow-"] { mask(file) }
  }

  /// A path below HOME; an absolute one stays as it is.
  func home(_ name: String) -> String { name.hasPrefix("/") ? name : Files.join(home, name) }

  // MARK: Rules

  /// An empty folder instead of this one; nothing where there is none, and never a folder that the
  /// system itself lives in.
  mutating func hide(_ folder: String) {
    guard folder.hasPrefix("/"), let real = Files.resolved(folder), Files.isDirectory(real),
      !SandboxTree.system.contains(real)
    else { return }
    if rules[real] == nil { rules[real] = .hidden }
  }
  private static let system: Set<String> = [
    "/", "/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/nix", "/proc", "/sbin", "/sys",
    "/usr", "/usr/local", "/var", "/var/lib",
  ]

  /// Shows a file or folder although something around it is hidden or read-only; nothing when it
  /// does not exist.
  mutating func put(_ path: String, _ access: Access) {
    guard path.hasPrefix("/"), let real = Files.resolved(path) else { return }
    rules[real] = .shown(access, source: real)
    // Links on the way to it that are hidden themselves: it is found under both names.
    let name = Files.absolute(path)
    if name != real, isHidden(name) { rules[name] = .shown(access, source: real) }
  }

  /// Shows what lies in a folder that the guests themselves can write: under exactly its name, and
  /// without following a link there.
  ///
  /// Nothing when it does not exist.
  ///
  /// `root`: with its links resolved; `names` lead down from it.
  /// - Throws: ELOOP or EINVAL where a guest has put something else in its place.
  mutating func put(below root: String, _ names: [String], _ access: Access) throws(PlatformError) {
    var folder = try Folder(root)
    var path = root
    for (index, name) in names.enumerated() {
      let last = index == names.count - 1
      path = Files.join(path, name)
      guard let facts = try folder.facts(FileName(name)) else { return }
      guard facts.kind == .folder || facts.kind == .file && last else {
        throw PlatformError("show", path, ELOOP, why: "it is \(facts.kind.noun)")
      }
      if !last { folder = try folder.folder(FileName(name)) }
    }
    rules[path] = .shown(access, source: path)
  }

  /// An empty file instead of this one, or an empty folder; whatever is shown around it.
  mutating func mask(_ path: String) {
    guard path.hasPrefix("/"), let real = Files.resolved(path) else { return }
    // A mask in a hidden folder would only tell that there is something.
    if rule(around: real) == .hidden { return }
    rules[real] = Files.isDirectory(real) ? .hidden : .masked
  }

  /// The rule that holds for a path; nil: that of the whole system, read-only.
  private func rule(around path: String) -> Rule? {
    var path = path
    while path != "/", path != "." {
      if let rule = rules[path] { return rule }
      path = Files.parent(of: path)
    }
    return nil
  }
  private func isHidden(_ path: String) -> Bool { rule(around: path) == .hidden }

  /// The rules, with those for paths that can also be reached under a second name.
  ///
  /// Rules are kept by real paths, and a folder shown a second time would come without those for
  /// its contents.
  private var rulesOfAllNames: [String: Rule] {
    var all = rules
    for case (let name, .shown(_, let source)) in rules where name != source {
      let folder = source + "/"
      for (path, rule) in rules where path.utf8.starts(with: folder.utf8) {
        let inside = String(decoding: path.utf8.dropFirst(folder.utf8.count), as: UTF8.self)
        let second = Files.join(name, inside)
        if all[second] == nil { all[second] = rule }
      }
    }
    return all
  }

  /// For bwrap, outer paths first: later options lie over earlier ones.
  var options: [String] {
    func depth(_ path: String) -> Int { path.utf8.count { $0 == UInt8(ascii: "/") } }
    let sorted = rulesOfAllNames.sorted { (depth($0.key), $0.key) < (depth($1.key), $1.key) }
    return sorted.flatMap { path, rule in
      switch rule {
      case .hidden: ["--tmpfs", path]
      case .masked: ["--ro-bind", "/dev/null", path]
      case .shown(.readable, let source): ["--ro-bind", source, path]
      case .shown(.writable, let source): ["--bind", source, path]
      }
    }
  }

  // MARK: What programs need

  /// Name resolution keeps its files below /run, and some systems their programs.
  mutating func putSystem() {
    if let file = Files.resolved("/etc/resolv.conf"), isHidden(file) {
      let folder = Files.parent(of: file)
      put(rules[folder] == .hidden ? file : folder, .readable)
    }
    for folder in ["/run/systemd/resolve", "/run/nscd", "/run/current-system", "/run/wrappers"] {
      put(folder, .readable)
    }
  }

  /// Puts back, read-only, where the agent's program, what interprets it, and the other programs of
  /// PATH are installed, as far as that is hidden.
  ///
  /// `folders`: what is shown by rules of its own, or never.
  mutating func putPrograms(_ arguments: [String], notBelow folders: [String]) {
    let closed = folders.compactMap { Files.resolved($0) }
    for folder in (environment["PATH"] ?? "").split(separator: ":") where folder.hasPrefix("/") {
      putInstallation(Files.join(String(folder), "program"), closed, wholeFolder: true)
    }
    // `python3 DIR/agent.py --flag`: the script too.
    let programs = arguments.prefix { !$0.hasPrefix("-") }
    for (index, program) in programs.enumerated() where index == 0 || program.hasPrefix("/") {
      guard let path = Spawn.find(program, environment: environment) ?? existing(program) else {
        continue
      }
      putProgram(path, closed, depth: 0)
    }
  }

  private func existing(_ file: String) -> String? {
    Files.exists(file) && !Files.isDirectory(file) ? file : nil
  }

  /// Every link on the way, the file itself, and its interpreter.
  private mutating func putProgram(_ path: String, _ closed: [String], depth: Int) {
    guard depth < 4 else { return }
    var file = path
    for _ in 0..<20 {
      putInstallation(file, closed, wholeFolder: false)
      guard let target = Files.linkTarget(file) else { break }
      file = Files.absolute(target, from: Files.parent(of: file))
    }
    guard let real = Files.resolved(path) else { return }
    putInstallation(real, closed, wholeFolder: false)
    if let interpreter = interpreter(of: real) {
      putProgram(interpreter, closed, depth: depth + 1)
    }
  }

  /// The folder of a program, and the libraries that are installed with it.
  ///
  /// `wholeFolder`: `file` only stands for its folder.
  private mutating func putInstallation(_ file: String, _ closed: [String], wholeFolder: Bool) {
    let folder = Files.parent(of: file)
    guard let real = Files.resolved(folder), isHidden(real) || isHidden(folder),
      !closed.contains(where: { real == $0 || real.hasPrefix($0 + "/") })
    else { return }
    // A program right in a home, or above one: the home must not come back with it.
    let opensHome = rules[real] == .hidden || (Files.resolved(home) ?? home).hasPrefix(real + "/")
    guard !opensHome else {
      if !wholeFolder { put(file, .readable) }
      return
    }
    put(folder, .readable)
    if let range = real.firstRange(of: "/node_modules/") {
      put(String(real[..<range.lowerBound]) + "/node_modules", .readable)
    }
    guard Files.lastName(of: real) == "bin" else { return }
    let prefix = Files.parent(of: real)
    guard rules[prefix] != .hidden else { return }
    for name in ["lib", "libexec", "pyvenv.cfg"] { put(Files.join(prefix, name), .readable) }
  }

  /// The program that a script's first line names; nil for other programs.
  private func interpreter(of file: String) -> String? {
    guard let bytes = SandboxTree.beginning(of: file), bytes.starts(with: Array("#!".utf8)) else {
      return nil
    }
    let line = bytes.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") }
    let words = String(decoding: line, as: UTF8.self).split(separator: " ").map(String.init)
    guard let first = words.first else { return nil }
    guard Files.lastName(of: first) == "env" else { return first }
    guard let name = words.dropFirst().first(where: { !$0.hasPrefix("-") && !$0.contains("=") })
    else { return nil }
    return Spawn.find(name, environment: environment)
  }

  /// Nil: it cannot be read.
  ///
  /// Programs may be hundreds of megabytes.
  private static func beginning(of file: String) -> [UInt8]? {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    return count > 0 ? Array(bytes.prefix(count)) : nil
  }
}
