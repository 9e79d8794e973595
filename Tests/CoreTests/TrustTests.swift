// Whose text becomes a prompt: by author, by last hand, by the label somebody trusted put on. The
// rules alone first, then in plans on a public repository.
import SymphonyCore
import Testing

extension Origin {
  /// `alice` and `bob` may write, nobody else.
  static func person(_ login: String?) -> Person {
    Person(login, mayWrite: login.map { ["alice", "bob"].contains($0) })
  }
  static func by(_ author: String?, _ touches: Touch...) -> Origin {
    Origin(author: person(author), touches: touches)
  }
  mutating func add(_ kind: Kind, _ who: String?, _ seconds: Int64) {
    touches.append(.by(who, kind, seconds))
  }
}

extension Origin.Touch {
  /// So many seconds after noon.
  static func by(_ who: String?, _ kind: Origin.Kind, _ seconds: Int64) -> Origin.Touch {
    Origin.Touch(kind, Origin.person(who), at: noon + .seconds(seconds))
  }
  static func label(_ who: String?, _ seconds: Int64) -> Origin.Touch {
    by(who, .labelled("symphony"), seconds)
  }
}

@Suite struct TrustTests {
  enum Mode: CaseIterable { case labelled, unlabelled, writeAccess, list }

  /// The code of what stands in the way; nil: nothing does.
  private func code(_ origin: Origin?, _ mode: Mode = .labelled, isPrivate: Bool? = false)
    -> String?
  {
    var item = WorkItem.sample(1)
    item.origin = origin
    item.author = origin?.author.login
    var policy = TrackerPolicy()
    policy.requiredLabels = mode == .unlabelled ? [] : ["Symphony"]
    if mode == .writeAccess { policy.trustedAuthors = .writeAccess }
    if mode == .list { policy.trustedAuthors = .list(["Alice"]) }
    switch Trust.judge(item, policy: policy, isPrivate: isPrivate) {
    case .trusted: return nil
    case .unknown: return "unknown"
    case .untrusted(let reason): return reason.code
    }
  }

  @Test func aPrivateRepositoryTrustsItsReadersUnlessMoreIsAskedFor() {
    #expect(code(nil, .labelled, isPrivate: true) == nil)
    #expect(code(.by("mallory"), .labelled, isPrivate: true) == nil)
    #expect(code(.by("mallory"), .writeAccess, isPrivate: true) == "author_not_trusted")
    #expect(code(.by("mallory"), .list, isPrivate: true) == "author_not_trusted")
    #expect(code(nil, .labelled, isPrivate: nil) == "unknown", "nobody knows who reads it")
  }

  @Test func theAuthorSpeaksForTheTextWhileNobodyElseChangedItLast() {
    for mode in Mode.allCases {
      #expect(code(.by("alice"), mode) == nil)
      #expect(code(.by("alice", .by("mallory", .edited, 1)), mode) == "editor_not_trusted")
      #expect(code(.by("alice", .by(nil, .renamed, 1)), mode) == "editor_not_trusted")
      #expect(
        code(.by("alice", .by("mallory", .edited, 1), .by("alice", .edited, 2)), mode) == nil)
      #expect(
        code(.by("alice", .by("mallory", .renamed, 1), .by("alice", .edited, 2)), mode)
          == "editor_not_trusted", "the title is still the stranger's")
    }
  }

  @Test func onlyALabelVouchesAndOnlyByTheStandardRule() {
    let vouched = Origin.by("mallory", .label("alice", 0))
    #expect(code(vouched) == nil)
    for mode in [Mode.unlabelled, .writeAccess, .list] {
      #expect(code(vouched, mode) == "author_not_trusted")
    }
    #expect(code(.by(nil, .label("alice", 0))) == nil, "the text counts, not the account")
    #expect(code(.by("mallory")) == "author_not_trusted")
    #expect(code(.by("mallory", .by("alice", .labelled("bug"), 0))) == "author_not_trusted")
  }

  /// A form of the repository puts labels on an issue in its author's name.
  @Test func aLabelAStrangerPutOnVouchesForNothing() {
    #expect(code(.by("mallory", .label("mallory", 0))) == "author_not_trusted")
    #expect(code(.by("mallory", .label("triager", 0))) == "author_not_trusted")
    #expect(code(.by("mallory", .label(nil, 0))) == "author_not_trusted")
    let putAgain = Origin.by(
      "mallory", .label("alice", 0), .by("alice", .unlabelled("symphony"), 1),
      .label("triager", 2))
    #expect(code(putAgain) == "author_not_trusted", "what alice took back is taken back")
  }

  @Test func whatIsChangedAfterTheLabelIsNotVouchedFor() {
    for kind in [Origin.Kind.edited, .renamed] {
      func changed(_ who: String?, _ seconds: Int64) -> String? {
        code(.by("mallory", .label("alice", 10), .by(who, kind, seconds)))
      }
      #expect(changed("mallory", 9) == nil)
      #expect(changed("mallory", 10) == "edited_after_label", "the very second counts as later")
      #expect(changed("mallory", 11) == "edited_after_label")
      #expect(changed(nil, 11) == "edited_after_label")
      #expect(changed("bob", 11) == nil)
    }
    var origin = Origin.by("mallory", .label("alice", 0), .by("mallory", .edited, 1))
    origin.add(.edited, "bob", 2)
    #expect(code(origin) == "edited_after_label", "a later hand may not have seen it")
    origin.add(.unlabelled("symphony"), "alice", 3)
    origin.add(.labelled("symphony"), "alice", 4)
    #expect(code(origin) == nil)
    #expect(
      code(.by("alice", .by("mallory", .edited, 1), .label("bob", 2))) == nil,
      "a label put on after it was read vouches for a changed text of somebody trusted, too")
  }

  @Test func whatIsNotKnownIsNotTrusted() {
    #expect(code(nil) == "unknown")
    var origin = Origin.by("mallory", .label("alice", 0))
    origin.problem = "half an answer"
    #expect(code(origin) == "origin_unknown")
    origin.problem = nil
    origin.touches[0].who.mayWrite = nil
    #expect(code(origin) == "origin_unknown")
    origin.touches = [.label("alice", 0), .by("carol", .edited, 1)]
    origin.touches[1].who.mayWrite = nil
    #expect(code(origin) == "edited_after_label")
    origin = .by("alice", .by("carol", .edited, 1))
    origin.author.mayWrite = nil
    #expect(code(origin, .writeAccess) == "origin_unknown")
    origin = .by("carol", .label("alice", 0))
    origin.author.mayWrite = nil
    #expect(code(origin) == nil)
    #expect(code(origin, .writeAccess) == "origin_unknown", "no label speaks for carol there")
    #expect(code(origin, .unlabelled) == "origin_unknown")
    #expect(code(Origin(author: Origin.Person("alice")), .writeAccess) == "origin_unknown")
  }

  @Test func namesOnAListNeedNoPermission() {
    #expect(code(Origin(author: Origin.Person("ALICE")), .list) == nil)
    #expect(
      code(.by("alice", .by("bob", .edited, 1)), .list) == "editor_not_trusted",
      "bob may write, and is not on the list")
    #expect(code(Origin(author: Origin.Person(nil)), .list) == "author_not_trusted")
  }
}

@Suite struct TrustInPlansTests {
  private func publicWorld(_ numbers: Range<Int> = 1..<2) -> World {
    var world = World(numbers)
    world.repositories[0].isPrivate = false
    for number in numbers { world.origins[.issue(number)] = .by("mallory", .label("alice", 0)) }
    return world
  }

  @Test func nothingIsLaunchedBeforeSomebodyLookedWhoStandsBehindIt() {
    var world = publicWorld()
    let first = Planner.plan(world.snapshot)
    #expect(first.launches.isEmpty)
    #expect(first.inquiries.map(\.number) == [1])
    let second = world.decide().plan
    #expect(second.launched == [1])
    #expect(second.inquiries.isEmpty)
    world.lostAtConfirmation = [.issue(1)]
    let lost = world.decide().plan
    #expect(lost.launches.isEmpty)
    #expect(world.verdict(lost, 1) == "not_checked", "seen, it has a verdict")
  }

  @Test func theTextThatWasLookedAtIsTheOneThatIsLaunched() {
    var world = publicWorld()
    world.origins[.issue(1)] = .by("alice")
    world.candidatesOverride = .items([.sample(1) { $0.body = "of half a minute ago" }])
    world.issues[0].body = "of the look"
    #expect(world.tick().launches.first?.workItem?.body == "of the look")
  }

  @Test func strangersTakeNoSlotFromWhoComesAfterThem() {
    var world = publicWorld(1..<4)
    world.policy.limits.maxConcurrent = 1
    for number in 1...2 { world.origins[.issue(number)] = .by("mallory") }
    let plan = world.tick()
    #expect(plan.launched == [3])
    #expect(world.verdict(plan, 1) == "author_not_trusted")
  }

  @Test func oneTickAsksAboutABoundedNumberAndOldAnswersComeLast() {
    var world = publicWorld(1..<60)
    world.policy.limits.maxConcurrent = 100
    for index in world.issues.indices where index < 30 {
      world.issues[index].origin = .by("mallory")
      world.issues[index].origin?.isOld = true
    }
    let plan = Planner.plan(world.snapshot)
    #expect(plan.inquiries.map(\.number) == Array(31..<51))
    for index in world.issues.indices { world.issues[index].origin = .by("mallory") }
    #expect(Planner.plan(world.snapshot).inquiries.isEmpty, "a fresh answer settles it")
    world.issues[40].origin?.isOld = true
    #expect(Planner.plan(world.snapshot).inquiries.map(\.number) == [41])
  }

  @Test func aTextThatChangedAfterTheLabelIsParkedUntilTheLabelIsPutOnAgain() {
    var world = publicWorld()
    world.origins[.issue(1)]?.add(.edited, "mallory", 1)
    let plan = world.tick()
    #expect(plan.launches.isEmpty)
    #expect(world.reason(plan, 1)?.needsHuman == true)
    world.tick()
    for _ in 0..<3 {
      world.now = world.now + .minutes(1)
      #expect(world.tick().changes.isEmpty, "it rests")
    }
    world.origins[.issue(1)]?.add(.unlabelled("symphony"), "alice", 200)
    world.origins[.issue(1)]?.add(.labelled("symphony"), "alice", 201)
    world.issues[0].updatedAt = noon + .seconds(201)
    #expect(world.tick().launched == [1])
  }

  @Test func anEditBetweenTwoRunsParksTheItem() {
    var world = publicWorld()
    world.tick()
    world.finish(1, .failed)
    world.tick()
    world.origins[.issue(1)]?.add(.renamed, "mallory", 60)
    world.now = world.now + .hours(1)
    #expect(world.verdict(world.tick(), 1) == "edited_after_label")
  }
}
