// The live view in a terminal: waits for keys, signals and the next look, hands them to the view,
// and draws what it says. Everything happens here one after the other; nothing is decided here.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTick

struct LiveLoop {
  /// Milliseconds after which a lone ESC is the key: what a terminal sends for another comes at
  /// once, over a slow line too.
  private static let patience: Int64 = 50

  private let terminal: Terminal
  private let steering: LiveSteering
  /// Milliseconds between two looks.
  private let interval: Int64
  private var look: LiveLook
  private var view: LiveView
  private var painter = LivePainter(isColourful: Output.isColourful)
  private var keys = KeyReader()
  private var isOver = false

  /// Takes the terminal; `content`: what `look` took first.
  /// - Throws: `Stop` where the terminal cannot be taken.
  init(_ look: LiveLook, _ content: LiveContent, place: Place, interval: Int64, issue: String?)
    throws
  {
    self.look = look
    self.interval = interval
    steering = LiveSteering(place: place)
    do throws(PlatformError) { terminal = try Terminal() } catch {
      throw Stop(.usage, error.description, hint: "`symphony status` needs no terminal")
    }
    let size = terminal.size
    view = LiveView(content, columns: size.columns, lines: size.lines, issue: issue)
  }

  /// Until a key or a signal ends it.
  mutating func run() throws {
    defer { terminal.giveBack() }
    if view.issue != nil { readAnew() }
    draw(whole: true)
    var next = Clock.monotonicMilliseconds() + interval
    var begun = Int64.max
    while !isOver {
      let now = Clock.monotonicMilliseconds()
      let due = keys.isUndecided ? min(next, begun + Self.patience) : next
      let events = terminal.events(withinMilliseconds: due - now)
      let wasUndecided = keys.isUndecided
      var isWhole = false
      for event in events where !isOver { isWhole = try take(event) || isWhole }
      let then = Clock.monotonicMilliseconds()
      if keys.isUndecided, wasUndecided, events.isEmpty, then >= begun + Self.patience {
        isWhole = press(keys.settle()) || isWhole
      }
      if keys.isUndecided, !wasUndecided || !events.isEmpty { begun = then }
      if isOver { return }
      if then >= next {
        readAnew()
        next = Clock.monotonicMilliseconds() + interval
      }
      draw(whole: isWhole)
    }
  }

  /// - Returns: whether the screen has to be drawn whole.
  private mutating func take(_ event: Terminal.Event) throws -> Bool {
    switch event {
    case .closed:
      isOver = true
    case .input(let bytes):
      return press(keys.take(bytes))
    case .signal(Signals.interrupt):
      isOver = true
    case .signal(Signals.suspend):
      try taking { terminal throws(PlatformError) in try terminal.suspend() }
      return resize()
    case .signal(Signals.goOn):
      try taking { terminal throws(PlatformError) in try terminal.takeAgain() }
      return resize()
    case .signal(Signals.resized):
      return resize()
    case .signal(let number) where Terminal.isLethal(number):
      terminal.giveBack()
      Signals.end(by: number)
    case .signal:
      break
    }
    return false
  }

  private func taking(_ body: (Terminal) throws(PlatformError) -> Void) throws {
    do throws(PlatformError) { try body(terminal) } catch {
      throw Stop(.usage, error.description)
    }
  }

  private mutating func resize() -> Bool {
    let size = terminal.size
    view.resize(columns: size.columns, lines: size.lines)
    return true
  }

  private mutating func press(_ pressed: [Key]) -> Bool {
    var isWhole = false
    for key in pressed where !isOver {
      let wasAsking = view.isAsking
      let action = view.press(key)
      // Keys typed ahead, or pasted, must not answer a question that is not on the screen yet.
      if view.isAsking, !wasAsking { return isWhole }
      guard let action else { continue }
      switch action {
      case .leave: isOver = true
      case .refresh:
        isWhole = true
        look.forget()
        readAnew()
      case .read: readAnew()
      case .stop, .retry, .pause, .resume:
        let answer = steering.carryOut(action)
        readAnew()
        view.tell(answer)
      }
    }
    return isWhole
  }

  private mutating func readAnew() { view.show(look.take(issue: view.issue)) }

  private mutating func draw(whole: Bool) {
    let bytes = painter.paint(view.lines, whole: whole)
    if !bytes.isEmpty, !terminal.write(bytes) { isOver = true }
  }
}
