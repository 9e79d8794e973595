// Starting processes: posix_spawn with everything the child gets spelled out, so that nothing leaks
// into it. The detached worker needs a session of its own and an inherited lease; agents and hooks
// read and write files, never pipes, so that no output is lost when somebody dies.
import CSymphonyPlatform
import Glibc

package struct SpawnRequest: Sendable {
  /// argv; the first is an absolute path, or a name looked up in the PATH of `environment`.
  package var arguments: [String]
  package var environment: [String: String]
  package var directory: String
  package var input: String = "/dev/null"
  /// Appended to (mode 0600); nil: /dev/null.
  package var output: String?
  /// Nil: the same as `output`.
  package var errorOutput: String?
  /// A descriptor of ours that the child reads from where it stands, in the place of `input`.
  package var inputDescriptor: Int32?
  /// Descriptors of ours that the child writes to, in the place of the two files.
  package var outputDescriptor: Int32?
  package var errorDescriptor: Int32?
  package var newSession = true
  /// Descriptors of ours handed over as 3, 4, ...; all others are closed in the child.
  package var inherited: [Int32] = []
  /// Starting it is a deed of this kind.
  package var deed = FaultPoint.spawn
  package init(arguments: [String], environment: [String: String], directory: String) {
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
  }
}

package enum ChildExit: Hashable, Sendable {
  case exited(Int32)
  case signalled(Int32)
  package var isSuccess: Bool { self == .exited(0) }
  package var description: String {
    switch self {
    case .exited(let code): "exit status \(code)"
    case .signalled(let number): "signal \(number)"
    }
  }
}

package enum Spawn {
  /// The absolute path of an executable; nil when it is not in the PATH of `environment`.
  package static func find(_ name: String, environment: [String: String]) -> String? {
    if name.contains("/") { return Files.isExecutable(name) ? Files.absolute(name) : nil }
    for directory in (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":") {
      let path = Files.join(String(directory), name)
      if Files.isExecutable(path) { return path }
    }
    return nil
  }

  /// Starts the child and returns its pid at once.
  ///
  /// Errors of exec (ENOENT, EACCES, E2BIG) are thrown here.
  package static func start(_ request: SpawnRequest) throws(PlatformError) -> Int32 {
    guard let first = request.arguments.first,
      let program = find(first, environment: request.environment)
    else { throw PlatformError("start", request.arguments.first ?? "", ENOENT) }
    func check(_ code: Int32, _ what: String) throws(PlatformError) {
      if code != 0 { throw PlatformError("\(what) for", first, code) }
    }
    var actions = posix_spawn_file_actions_t()
    try check(posix_spawn_file_actions_init(&actions), "prepare descriptors")
    defer { posix_spawn_file_actions_destroy(&actions) }
    let opened = try connectStreams(request, &actions, check)
    defer { withExtendedLifetime(opened) {} }
    for (index, descriptor) in request.inherited.enumerated() {
      try check(
        posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(3 + index)),
        "hand over a descriptor")
    }
    try check(
      sy_spawn_addclosefrom(&actions, Int32(3 + request.inherited.count)), "close descriptors")
    try check(sy_spawn_addchdir(&actions, request.directory), "enter \(request.directory)")
    var attributes = posix_spawnattr_t()
    try check(posix_spawnattr_init(&attributes), "prepare attributes")
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    var every = sigset_t()
    sigemptyset(&none)
    sigfillset(&every)
    try check(posix_spawnattr_setsigmask(&attributes, &none), "set signals")
    try check(posix_spawnattr_setsigdefault(&attributes, &every), "set signals")
    var flags = Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
    if request.newSession { flags |= sy_spawn_setsid_flag() }
    try check(posix_spawnattr_setflags(&attributes, flags), "set flags")
    let entries = request.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let arguments = CStrings(request.arguments)
    let environment = CStrings(entries)
    if let number = request.deed.reach(request.arguments.joined(separator: " ")) {
      throw PlatformError("start", program, number)
    }
    var pid: pid_t = 0
    var code: Int32 = ETXTBSY
    // "Text file busy": a program just written is held open for an instant by somebody's fork.
    for _ in 0..<50 where code == ETXTBSY {
      code = posix_spawn(
        &pid, program, &actions, &attributes, arguments.pointers, environment.pointers)
      if code == ETXTBSY { Clock.sleep(milliseconds: 5) }
    }
    if code != 0 { throw PlatformError("start", program, code) }
    return pid
  }

  /// Standard input, output and errors of the child.
  /// - Returns: what has to stay open until it has started.
  private static func connectStreams(
    _ request: SpawnRequest, _ actions: inout posix_spawn_file_actions_t,
    _ check: (Int32, String) throws(PlatformError) -> Void
  ) throws(PlatformError) -> [OpenFile] {
    var opened: [OpenFile] = []
    func connect(_ number: Int32, _ given: Int32?, _ path: String?, _ flags: Int32)
      throws(PlatformError)
    {
      if let given {
        try check(posix_spawn_file_actions_adddup2(&actions, given, number), "hand over a file")
      } else if let path {
        let file = try OpenFile(path, flags)
        opened.append(file)
        try check(
          posix_spawn_file_actions_adddup2(&actions, file.descriptor, number), "hand over a file")
      } else {
        try check(
          posix_spawn_file_actions_addopen(&actions, number, "/dev/null", flags, 0), "open nothing")
      }
    }
    let append = O_WRONLY | O_CREAT | O_APPEND
    let input = request.input == "/dev/null" ? nil : request.input
    try connect(0, request.inputDescriptor, input, O_RDONLY)
    try connect(1, request.outputDescriptor, request.output, append)
    if request.errorDescriptor != nil || request.errorOutput != nil {
      try connect(2, request.errorDescriptor, request.errorOutput, append)
    } else {
      try check(posix_spawn_file_actions_adddup2(&actions, 1, 2), "open error output")
    }
    return opened
  }

  /// How the child ended; nil while it runs.
  ///
  /// Call until it answers once.
  package static func reap(_ pid: Int32) -> ChildExit? {
    var status: Int32 = 0
    var result = waitpid(pid, &status, WNOHANG)
    while result < 0, errno == EINTR { result = waitpid(pid, &status, WNOHANG) }
    if result == 0 { return nil }
    if result < 0 { return .exited(127) }
    let signal = status & 0x7f
    return signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
  }

  /// Reaps any orphan that was given to us (as subreaper), leaving `except` to its own waiter.
  package static func reapOrphans(except: Int32?) {
    for child in children where child != except { _ = reap(child) }
  }

  /// Kills and reaps every child there is, those that are handed to us meanwhile among them.
  ///
  /// For a subreaper between two children of its own.
  /// - Returns: how many were killed.
  package static func endChildren(patienceMilliseconds: Int64) -> Int {
    let deadline = Clock.monotonicMilliseconds() + patienceMilliseconds
    var killed: Set<Int32> = []
    while Clock.monotonicMilliseconds() <= deadline {
      for child in children {
        if let found = Processes.stat(child), found.state != "Z",
          Processes.signalChild(child, SIGKILL)
        {
          killed.insert(child)
        }
        _ = reap(child)
      }
      if children.isEmpty { break }
      Clock.sleep(milliseconds: 2)
    }
    return killed.count
  }

  private static var children: [Int32] {
    let text = (try? Files.readText("/proc/self/task/\(getpid())/children", limit: 1 << 20)) ?? ""
    return text.split(separator: " ").compactMap { Int32($0) }
  }

  package static func becomeSubreaper() { _ = sy_set_child_subreaper(1) }

  /// Replaces this process; returns only on failure.
  ///
  /// The program gets `inherited`, a descriptor, under its own number.
  package static func become(
    _ arguments: [String], environment: [String: String], inherited: Int32? = nil
  ) -> PlatformError {
    guard let first = arguments.first, let program = find(first, environment: environment) else {
      return PlatformError("start", arguments.first ?? "", ENOENT)
    }
    if let inherited { _ = fcntl(inherited, F_SETFD, 0) }
    let entries = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let argumentStrings = CStrings(arguments)
    let environmentStrings = CStrings(entries)
    if let number = FaultPoint.exec.reach(arguments.joined(separator: " ")) {
      return PlatformError("start", program, number)
    }
    execve(program, argumentStrings.pointers, environmentStrings.pointers)
    return PlatformError("start", program, errno)
  }
}

/// A regular file for a child, opened by us.
///
/// Others who may write in that folder can put a link or a pipe in its place: that is refused, and
/// nobody waits for it.
private final class OpenFile {
  let descriptor: Int32
  init(_ path: String, _ flags: Int32) throws(PlatformError) {
    let low = try Files.openOwn(path, flags, "open", mode: 0o600)
    descriptor = fcntl(low, F_DUPFD_CLOEXEC, 10)
    let failed = errno
    close(low)
    guard descriptor >= 0 else { throw PlatformError("open", path, failed) }
  }
  deinit { close(descriptor) }
}

/// A null-terminated array of C strings that lives as long as this object.
private final class CStrings {
  var pointers: [UnsafeMutablePointer<CChar>?]
  init(_ strings: [String]) { pointers = strings.map { strdup($0) } + [nil] }
  deinit { for pointer in pointers { free(pointer) } }
}
