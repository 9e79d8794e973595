// Which executors there are: a new one is a file and a line here. The composition opens one; the
// contract tests iterate the kinds. It decides nothing.
import SymphonyCore

package enum ExecutorRegistry {
  package enum Kind: String, CaseIterable, Sendable {
    /// Detached processes on this machine.
    case local
  }

  /// The parts that an executor is opened with.
  package struct Parts: Sendable {
    /// Absolute.
    package var stateDirectory: String
    /// The symphony binary, absolute: started as `symphony worker RUNDIR`.
    package var executable: String
    package init(stateDirectory: String, executable: String) {
      self.stateDirectory = stateDirectory
      self.executable = executable
    }
  }

  package static func open(_ kind: Kind, _ parts: Parts) -> any Executor {
    switch kind {
    case .local: LocalExecutor(parts)
    }
  }
}
