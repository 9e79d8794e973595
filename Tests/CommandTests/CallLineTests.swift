// How a line that calls ticks is made to ask a doctor: lines of crontabs and commands of units as
// they are found in the wild. Nothing is run.
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import symphony

@Suite struct CallLineTests {
  @Test(arguments: [
    ("symphony tick", "symphony doctor X"),
    ("/usr/local/bin/symphony tick --scheduled", "/usr/local/bin/symphony doctor X"),
    (
      "cd \"$P\" && symphony tick --scheduled >>/var/log/s.log 2>&1",
      "cd \"$P\" && symphony doctor X >>/var/log/s.log 2>&1"
    ),
    (
      "sleep 30; cd '/srv/my app' && symphony tick --scheduled --workflow 'a b.md' -v",
      "sleep 30; cd '/srv/my app' && symphony doctor X --workflow 'a b.md' -v"
    ),
    (
      "/usr/bin/env 'PATH=/a:/b' /opt/symphony tick --scheduled --state-dir /s",
      "/usr/bin/env 'PATH=/a:/b' /opt/symphony doctor X --state-dir /s"
    ),
    (
      "symphony tick --wait --timeout 30 --timeout=40 w.md; echo tick",
      "symphony doctor X w.md; echo tick"
    ),
    (
      "-/usr/bin/symphony tick; symphony tick -w b",
      "-/usr/bin/symphony doctor X; symphony doctor X -w b"
    ),
    ("'/opt/sym phony/symphony' 'tick' '--scheduled'", "'/opt/sym phony/symphony' doctor X"),
  ])
  func theRestOfTheLineStays(_ line: String, _ asking: String) {
    #expect(CallLine.asking(line, options: "X") == asking)
  }

  @Test(arguments: [
    "", "symphony status", "tick", "/srv/tick.sh", "sh -c 'symphony tick'", "cd tick",
  ])
  func whatCallsNoTickIsNotUnderstood(_ line: String) {
    #expect(CallLine.asking(line, options: "X") == nil)
  }

  // MARK: Crontabs

  private static let crontab = """
    # mine
    MAILTO=ann
    SHELL=/bin/bash
    P = "/srv/app"
    * * * * * cd $P && symphony tick --scheduled
    @daily true

    """

  @Test func aCronLineIsTakenApart() throws {
    let line = try #require(CronLine(5, of: Self.crontab, isShared: false))
    #expect(line.command == "cd $P && symphony tick --scheduled" && line.user == nil)
    #expect(line.shell == "/bin/bash" && line.showsItsBeginning)
    #expect(line.assignments == ["MAILTO=ann", "SHELL=/bin/bash", "P = \"/srv/app\""])
    #expect(CronLine(1, of: Self.crontab, isShared: false) == nil)
    #expect(CronLine(9, of: Self.crontab, isShared: false) == nil)
    #expect(CronLine(6, of: Self.crontab, isShared: false)?.command == "true")
    let shared = CronLine(1, of: "*/5 * * * * root  symphony tick", isShared: true)
    #expect(shared?.user == "root" && shared?.command == "symphony tick")
  }

  @Test func theAskingLineShowsThatItBegan() throws {
    var line = try #require(CronLine(5, of: Self.crontab, isShared: false))
    let asking = line.asking(answer: "/tmp/b/100%", said: "/tmp/b/said")
    #expect(
      asking == "* * * * * test -d /tmp/b && exec >>/tmp/b/said 2>&1; cd $P && symphony doctor "
        + "--json --result '/tmp/b/100\\%'")
    // Of another shell nobody knows what `exec` is.
    line.shell = "/usr/bin/fish"
    #expect(
      line.asking(answer: "/a", said: "/s")
        == "* * * * * cd $P && symphony doctor --json --result /a")
    line.user = "ann"
    #expect(line.asking(answer: "/a", said: "/s")?.hasPrefix("* * * * * ann cd ") == true)
  }

  @Test(arguments: [
    "* * * * * a\n", "", "A=1\n\n* * * * * a\n# end\n", "* * * * * no line end",
  ])
  func whatIsPutInComesOutByteForByte(_ text: String) throws {
    let asking = CrontabAsking(workflow: "/srv/app/WORKFLOW.md")
    let before = Crontab(bytes: Array(text.utf8))
    // crontab(1) takes no last line without an end: it gets one.
    let end = text.isEmpty || text.hasSuffix("\n") ? "" : "\n"
    let after = Crontab(bytes: Array((text + end).utf8))
    let block = "\(asking.marks.begin)\n* * * * * b\n\(asking.marks.end)\n"
    for number in 1...4 {
      let changed = before.inserting(block, behind: number)
      #expect(changed.text.contains("* * * * * b\n\(asking.marks.end)"), "\(changed.text)")
      #expect(try changed.removing(asking.marks) == after, "\(changed.text)")
    }
    // The block of `install` is another one.
    #expect(try before.inserting(block, behind: 1).removing("/srv/app/WORKFLOW.md") == nil)
  }

  // MARK: Units

  private static let unit = """
    # /etc/systemd/system/symphony-tick@.service
    [Unit]
    Description=symphony tick in %f
    OnFailure=mail@%n.service
    [Service]
    Type=oneshot
    ExecStart=/usr/local/bin/symphony tick \\
      --scheduled
    ExecStopPost=/usr/bin/curl -fsS https://ping.example/x
    Environment="PATH=/a:/b"
    # /etc/systemd/system/symphony-tick@.service.d/user.conf
    [Service]
    User=symphony

    """

  @Test func aUnitKeepsAllButWhatItStarts() throws {
    let text = try #require(UnitAsking.text(Self.unit, answer: "/tmp/100%/a", said: "/tmp/s"))
    for kept in ["User=symphony", "Environment=\"PATH=/a:/b\"", "Description=symphony tick in %f"] {
      #expect(text.contains(kept + "\n"), "\(text)")
    }
    #expect(!text.contains("OnFailure") && !text.contains("ping.example"))
    let lines = text.split(separator: "\n").map(String.init)
    let reset = try #require(lines.lastIndex(of: "ExecStart="))
    #expect(lines[reset + 1] == "ExecStart=/usr/local/bin/symphony doctor --json")
    #expect(lines.contains("StandardOutput=file:/tmp/100%%/a"))
    #expect(lines.last { $0.hasPrefix("KillMode=") } == "KillMode=control-group")
    #expect(UnitAsking.text("[Service]\nExecStart=/srv/tick.sh\n", answer: "/a", said: "/s") == nil)
  }

  // MARK: git

  @Test(arguments: [
    ("git version 2.39.5", false), ("git version 2.30.2", true), ("git version 1.9.0", true),
    ("git version 2.31.0.windows.1", false), ("git version 3.0", false),
  ])
  func theOldestGitIsKnown(_ words: String, _ isTooOld: Bool) throws {
    let version = try #require(GitVersion(words))
    #expect((version < .oldest) == isTooOld)
  }

  @Test func otherWordsAreNoVersion() {
    #expect(GitVersion("hub version 2.1") == nil && GitVersion("git version x") == nil)
  }
}
