// `symphony top`, and `symphony status --watch`: the state of a state directory, live. Reads as
// `status` does, and steers as the commands do; asks the tracker nothing.
import ArgumentParser
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyStore
import SymphonyTick

struct TopCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top", abstract: "Watch live who is needed, what runs, waits and happens.",
    discussion: """
      A full screen, read anew every second: is the timer alive, what the agents do, what is tried \
      again and when, who is needed, what happened. The same as `symphony status --watch`.

      Keys:
        j k, arrows         move; in a text, scroll
        tab, shift-tab      the next panel, the one before
        pgup pgdn, g G      a page; to the first row, to the last
        enter, esc          all about an issue (facts, events, transcript), and back
        s, t                stop, or retry, the issue; asks back
        p                   pause, or resume; asks back
        r, ?                read and draw anew; help
        q, ctrl-c           leave; runs and timer go on

      Without a terminal, or with TERM=dumb, the text of `symphony status` is printed instead, \
      whenever something has changed.

      The terminal is given back on every way out but kill -9; after that, `reset` mends it.

      Examples:
        symphony top
        symphony top 42             the page of one issue
        symphony top --interval 5   over a slow line
        symphony top | tee watch.txt
      """)
  @Argument(help: "Begin with that issue: 42, #42, owner/repo#42 or its address.")
  var issue: String?
  @Option(help: "Seconds between two looks, 1 to 3600.") var interval = 1
  @OptionGroup var global: GlobalOptions

  func validate() throws { try Watching.validate(interval) }

  func run() async throws {
    let place = try global.place().ofState()
    let name = try issue.map { try IssueName($0, at: place) }
    try Watching(place: place, logbook: global.logbook, seconds: interval).run(name)
  }
}

/// Shows the state until somebody has seen enough.
struct Watching {
  let place: Place
  let logbook: Logbook
  /// From one look to the next.
  let seconds: Int

  static func validate(_ seconds: Int) throws {
    guard (1...3600).contains(seconds) else {
      throw ValidationError("--interval takes 1 to 3600 seconds, not \(seconds)")
    }
  }

  /// - Throws: `Stop` where there is nothing to show.
  func run(_ name: IssueName?) throws {
    var look: LiveLook
    do throws(StoreError) {
      look = try LiveLook(Composition(place: place, logbook: logbook))
    } catch {
      throw Stop(error)
    }
    let content = look.take(issue: nil)
    let item = try name.map { try $0.find(in: content.report) }
    if let why = Self.noScreen {
      Output.remark("\(why): no full screen; the status is printed whenever it changes")
      var watch = PlainWatch(look: look, interval: Int64(seconds) * 1000, issue: item?.id)
      return watch.run(content)
    }
    var loop = try LiveLoop(
      look, content, place: place, interval: Int64(seconds) * 1000, issue: item?.id)
    try loop.run()
  }

  /// Why nothing can be drawn; nil: it can.
  private static var noScreen: String? {
    if !Host.isTerminalOutput { return "stdout is no terminal" }
    if !Host.isTerminalInput { return "stdin is no terminal" }
    let kind = Host.environment["TERM"] ?? ""
    if kind.isEmpty { return "TERM is not set" }
    return kind == "dumb" || kind == "unknown" ? "TERM is \(kind)" : nil
  }
}
