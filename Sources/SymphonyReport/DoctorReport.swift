// The findings of `doctor` as one value: its checks, the surroundings in which they were made, and
// the settings in force. Printed as JSON, and read back where a scheduler's doctor is compared with
// a person's. Holds no secret: of variables that may hold one it knows the names.
import SymphonyCore

package struct DoctorReport: Hashable, Codable, Sendable {
  package var version = 1
  package var at: Moment
  /// The code that this doctor exits with.
  package var exitCode: Int32
  /// Absolute.
  package var workflow: String
  package var stateDirectory: String
  package var findings: [Check]
  package var surroundings: Surroundings
  package var settings: [Setting]

  /// The outcome of one check.
  package struct Check: Hashable, Codable, Sendable {
    package var grade: Finding.Grade
    /// Which check it is: one word, stable; docs/doctor.md lists them.
    package var subject: String
    package var text: String
    /// The next step for a person.
    @OrNull package var hint: String?

    package init(_ finding: Finding) {
      (grade, subject, text) = (finding.grade, finding.subject, finding.text)
      hint = finding.hint
    }
  }

  package struct Setting: Hashable, Codable, Sendable {
    package var key: String
    package var value: String
    package var origin: String
    /// Why it has no effect, or what it means here; empty: it works as written.
    package var feature: String

    package init(key: String, value: String, origin: String, feature: String) {
      (self.key, self.value, self.origin, self.feature) = (key, value, origin, feature)
    }
  }

  package init(
    at: Timestamp, exitCode: Int32, workflow: String, stateDirectory: String, findings: [Finding],
    surroundings: Surroundings, settings: [Setting]
  ) {
    self.at = Moment(at)
    self.exitCode = exitCode
    self.workflow = workflow
    self.stateDirectory = stateDirectory
    self.findings = findings.map(Check.init)
    self.surroundings = surroundings
    self.settings = settings
  }

  private enum CodingKeys: String, CodingKey {
    case version, at, workflow, findings, surroundings, settings
    case exitCode = "exit_code"
    case stateDirectory = "state_directory"
  }
}

/// The surroundings of a process, as far as they decide what git and agents do.
package struct Surroundings: Hashable, Codable, Sendable {
  package struct Agent: Hashable, Codable, Sendable {
    package var account: String
    /// Absolute; nil: not found, or it has no program of its own.
    @OrNull package var program: String?
    /// The first line of what it says.
    @OrNull package var version: String?
    /// The agent's own answer about its login; nil: it cannot be asked.
    @OrNull package var isLoggedIn: Bool?

    package init(account: String) {
      self.account = account
      program = nil
      version = nil
      isLoggedIn = nil
    }

    private enum CodingKeys: String, CodingKey {
      case account, program, version
      case isLoggedIn = "logged_in"
    }
  }

  /// The user that the process runs as: `ann`, or `uid 1000` for one without a name.
  package var runsAs: String
  /// The path of symphony itself and its version.
  package var program: String
  /// The current directory.
  package var directory: String
  @OrNull package var path: String?
  @OrNull package var home: String?
  @OrNull package var user: String?
  @OrNull package var shell: String?
  /// The first of LC_ALL, LC_CTYPE and LANG that is set.
  @OrNull package var language: String?
  /// `Name <address>` that git would commit under; nil: it knows none.
  @OrNull package var gitIdentity: String?
  package var agents: [Agent]
  /// Names of other variables that are set and matter: proxies, certificates, ssh, keys.
  package var variables: [String]

  package init(runsAs: String, program: String, directory: String) {
    (self.runsAs, self.program, self.directory) = (runsAs, program, directory)
    path = nil
    home = nil
    user = nil
    shell = nil
    language = nil
    gitIdentity = nil
    (agents, variables) = ([], [])
  }

  private enum CodingKeys: String, CodingKey {
    case program, directory, path, home, user, shell, language, agents, variables
    case runsAs = "runs_as"
    case gitIdentity = "git_identity"
  }
}
