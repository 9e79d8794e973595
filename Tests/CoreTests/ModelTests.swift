// Names, time and text: the small rules everything else leans on.
import SymphonyCore
import Testing

@Suite struct ModelTests {
  @Test(arguments: [
    "2026-11-21T03:04:05Z", "1970-01-01T00:00:00Z", "2000-02-29T23:59:59Z", "2100-12-31T00:00:00Z",
    "1969-12-31T23:59:59Z",
  ]) func timesRoundTrip(text: String) { #expect(Timestamp(rfc3339: text)?.rfc3339 == text) }

  @Test func timesWithOffsetsAndFractions() {
    #expect(
      Timestamp(rfc3339: "2026-11-21T05:04:05.250+02:00")?.milliseconds
        == (Timestamp(rfc3339: "2026-11-21T03:04:05Z")?.milliseconds ?? 0) + 250)
    for bad in [
      "2024-01-01T12:99:00Z", "2024-01-01T24:00:00Z", "2024-02-30T12:00:00Z",
      "2023-02-29T12:00:00Z", "2024-01-00T12:00:00Z", "2024-01-01T12:00:61Z",
      "2024-01-01T12:00:00Z and more", "2024/01/01T12:00:00Z", "2024-01-01T12.00.00Z",
      "2024-01-01T12:00:00+25:00", "2024-01-01T12:00:00+0200", "2024-01-01T12:00:00.5",
      "", "2026-11-21", "2026-13-01T00:00:00Z", "2026-11-21T03:04:05", "yesterday at noon it was",
    ] {
      #expect(Timestamp(rfc3339: bad) == nil)
    }
  }

  /// Whoever writes a file of a run can claim any time, and none of them ends whoever shows it.
  @Test func theFirstAndTheLastMomentCanBeTold() {
    #expect(Timestamp(milliseconds: .min).rfc3339.hasPrefix("-292275055-05-16T16:47:04"))
    #expect(Timestamp(milliseconds: .max).rfc3339.hasPrefix("292278994-08-17T07:12:55"))
    #expect(Timestamp(milliseconds: -1).rfc3339 == "1969-12-31T23:59:59Z")
    #expect(Timestamp(milliseconds: -1000).rfc3339 == "1969-12-31T23:59:59Z")
    #expect(Timestamp(milliseconds: -1001).rfc3339 == "1969-12-31T23:59:58Z")
    #expect(Interval.days(.max) == Interval(milliseconds: .max))
    #expect(Interval.minutes(.min) == Interval(milliseconds: .min))
    #expect(
      Interval(milliseconds: .min) + Interval(milliseconds: -1) == Interval(milliseconds: .min))
  }

  @Test func longSentencesKeepTheirEnds() {
    let quoted = "`" + String(repeating: "é", count: 5000) + "` is not a number"
    let short = PlainText.ends(of: quoted)
    #expect(short.hasPrefix("`éé") && short.hasSuffix("é` is not a number"))
    #expect(short.unicodeScalars.count == 600 + " [...] ".count)
    #expect(PlainText.ends(of: "short") == "short")
  }

  @Test func deadlinesSurviveAClockSetBack() {
    let deadline = Deadline(setAt: noon, delay: .hours(1))
    #expect(!deadline.isDue(at: noon + .minutes(59)))
    #expect(deadline.isDue(at: noon + .hours(1)))
    #expect(!deadline.isDue(at: noon - .seconds(30)))
    #expect(deadline.isDue(at: noon - .hours(2)))
    #expect(Deadline(setAt: noon, delay: Interval(milliseconds: .max)).time > noon)
  }

  @Test func directoriesAreNeverShared() {
    let keys = ["a/b#1", "a_b#1", "a/b_1", "A/b#1", "../../etc#1", ".hidden", "a/b#1 "].map {
      WorkspaceKey(item: ItemKey($0), id: ItemID("x")).text
    }
    #expect(Set(keys).count == keys.count)
    for key in keys {
      #expect(!key.contains("/") && !key.hasPrefix(".") && !key.hasPrefix("-"), "\(key)")
    }
    let renamed = WorkspaceKey(item: ItemKey("a/b#1"), id: ItemID("y")).text
    #expect(renamed != keys[0], "another item by the same name is another directory")
  }

  @Test func branchesAreValidForGit() {
    let name = BranchName.make(
      prefix: "symphony/", repository: RepositoryName(owner: "acme", name: "app"), reference: "42")
    #expect(name == "symphony/acme_app_42")
    let odd = BranchName.make(
      prefix: "x/", repository: RepositoryName(owner: "a..b", name: "c d~"), reference: "1.lock")
    #expect(
      !odd.contains("..") && !odd.contains(" ") && !odd.contains("~") && !odd.hasSuffix(".lock"))
  }

  @Test func secretsDoNotPrint() {
    let secret = Secret("ghp_verysecret")
    var dumped = ""
    dump(secret, to: &dumped)
    for text in ["\(secret)", String(reflecting: secret), dumped, "\([secret])"] {
      #expect(!text.contains("verysecret"))
    }
  }

  @Test func skillsAreReadFromTheirSectionOnly() {
    var item = WorkItem.sample(1)
    item.body =
      "- not this\n## Skills\n- playwright\n* a11y \n\n### more\n- no\n## Other\n- neither"
    #expect(item.skills == ["playwright", "a11y"])
  }

  @Test func fingerprintsFollowWhatHumansDecide() {
    let item = WorkItem.sample(1)
    var other = item
    other.updatedAt = noon
    other.assignees = ["x"]
    #expect(other.fingerprint == item.fingerprint)
    other.labels.append("more")
    #expect(other.fingerprint != item.fingerprint)
  }

  @Test func backoffIsBoundedForAnyCount() {
    let run = RunID("r")
    for count in [-5, 0, 1, 31, 64, Int.max] {
      let delay = RetryDeadline.failure(count, limit: .seconds(300), run: run)
      #expect(delay > .zero && delay <= .seconds(300))
      #expect(RetryDeadline.continuation(count) <= .seconds(30))
    }
  }
}
