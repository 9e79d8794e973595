// `status` again and again where there is no screen to draw on: printed when something has changed
// but the time, without any escape sequence. For pipes, files and terminals that can do no more.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTick

struct PlainWatch {
  var look: LiveLook
  /// Milliseconds between two looks.
  let interval: Int64
  /// An item's id; nil: all.
  let issue: String?

  /// Until a signal ends it, or nobody reads any more, or stdout takes nothing.
  mutating func run(_ first: LiveContent) {
    Signals.watch([Signals.interrupt, Signals.terminate, Signals.hangUp])
    var shown = first.report
    var shownAt = Timestamp(milliseconds: Clock.wallMilliseconds())
    var problem: String?
    show(shown)
    while !Answer.isLost {
      let isRead = Platform.isRead(1, forMilliseconds: interval)
      if let number = Signals.seen { Signals.end(by: number) }
      guard isRead else { return }
      let content = look.take(issue: nil)
      if let new = content.problem, new != problem { Output.remark("not read anew: \(new)") }
      problem = content.problem
      let then = look.report(at: shownAt)
      guard content.report.hasNews(since: shown, thenTold: then) else { continue }
      shown = content.report
      shownAt = Timestamp(milliseconds: Clock.wallMilliseconds())
      Answer.write("\n")
      show(shown)
    }
  }

  private func show(_ report: StateReport) {
    let item = issue.flatMap { id in report.items.first { $0.id == id } }
    let lines =
      item.map { StatusDetail(report: report, item: $0).lines }
      ?? StatusScreen(report: report, width: Output.columns).lines
    Answer.write(lines.map { $0.plain + "\n" }.joined())
  }
}
