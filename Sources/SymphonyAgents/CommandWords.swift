// The words of a command line that all adapters make alike: the program to start, and the extra
// flags of `provider_params`. Called by the adapters and by their examinations; it knows no agent.
import SymphonyCore

enum CommandWords {
  /// The executable and its leading arguments; without any the agent's own binary, `standard`.
  static func program(_ policy: AgentPolicy, standard: String) throws(AgentError) -> [String] {
    guard let command = policy.command, !command.trimmingWhitespace().isEmpty else {
      return [standard]
    }
    guard let words = ShellWords.split(command), words.first?.isEmpty == false else {
      throw .misconfigured(
        "agent.command cannot be split into words: a quote or backslash is left open",
        hint: "close the quote; the value is an executable and its leading arguments")
    }
    return words
  }

  /// `--name value`; `--name=value` when the value could be taken for a flag; nothing when it is
  /// empty.
  static func option(_ name: String, _ value: String) -> [String] {
    if value.isEmpty { return [] }
    return value.hasPrefix("-") ? ["--\(name)=\(value)"] : ["--\(name)", value]
  }

  /// Extra flags in sorted order; a list repeats its flag, an object is passed as JSON.
  ///
  /// `reserved` holds the flags that are ours to set, with what to do instead.
  static func flags(_ values: [String: Structure], reserved: [String: String])
    throws(AgentError) -> [String]
  {
    var arguments: [String] = []
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      let name = try flagName(key, reserved: reserved)
      for value in value.listValue ?? [value] {
        switch value {
        case .null, .bool(false): break
        case .bool(true): arguments.append("--\(name)")
        case .integer(let number): arguments += ["--\(name)", "\(number)"]
        case .number(let number): arguments += ["--\(name)", "\(number)"]
        case .string(let text):
          arguments += text.isEmpty ? ["--\(name)", ""] : option(name, text)
        case .list, .object: arguments += ["--\(name)", JSONText.encode(value)]
        }
      }
    }
    return arguments
  }

  /// The name of an extra flag without its dashes.
  static func flagName(_ key: String, reserved: [String: String]) throws(AgentError) -> String {
    let name = String(key.drop { $0 == "-" })
    let isName =
      !name.isEmpty
      && name.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
      }
    guard isName else {
      throw .misconfigured(
        "agent.provider_params: \"\(Excerpt.line(key))\" is not the name of a flag",
        hint: "write names like max-turns, without value")
    }
    if let instead = reserved[name] {
      throw .misconfigured("agent.provider_params: \(name) is set by symphony", hint: instead)
    }
    return name
  }

  /// The kernel ends a word at a NUL: none may hold one.
  static func check(_ arguments: [String]) throws(AgentError) {
    guard !arguments.contains(where: { $0.utf8.contains(0) }) else {
      throw .misconfigured(
        "a setting of the agent holds a NUL character", hint: "remove it from WORKFLOW.md")
    }
  }
}
