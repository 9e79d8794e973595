#!/usr/bin/env python3
"""The page of `symphony serve` in a real browser: page.py SYMPHONY [--shots DIRECTORY]. Two local
projects (page_worlds.py), each with a server of its own on loopback, and a headless Chromium
(browser.py) that looks, types, clicks and listens as people and screen readers do. One line per
point; exit 1 when one does not hold, 3 when the browser is missing.
Debian: apt-get install --no-install-recommends chromium chromium-driver.
"""
import argparse
import json
import os
import re
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True
import browser  # noqa: E402  (bytecode is switched off first)
import findings  # noqa: E402
import page_looks  # noqa: E402
import page_worlds  # noqa: E402
import project  # noqa: E402
from machine import wait_until  # noqa: E402
from findings import check, say  # noqa: E402

LIST = "document.querySelectorAll('#sections td').length > 0"


def address(number):
    return f"#/local%3A{number}"


def link(number):
    return f'#sections a[href="{address(number)}"]'


def open_list(view, world, more=""):
    view.go("about:blank")
    view.go(world.url + more)
    check(view.wait(LIST), "the list is there", more)


def open_issue(view, world, number):
    view.go("about:blank")
    view.go(world.url + address(number))
    return view.wait("document.querySelector('#why-words')?.innerText.length > 12")


def wrong(entries):
    """What a console says that nobody wants to see there."""
    return [entry["message"][:300] for entry in entries if entry["level"] in ("SEVERE", "WARNING")]


# ---- what a user wants ---------------------------------------------------------------------------
def everything(view, world, items):
    open_list(view, world)
    sections = {}
    for number, item in items.items():
        sections.setdefault(item["section"], []).append(number)
    for name, numbers in sorted(sections.items()):
        text = view.text(f'section[aria-labelledby="section-{name}"]')
        lacking = [n for n in numbers if f"#{n}\n" not in text and f"#{n} " not in text]
        check(f"({len(numbers)})" in text and not lacking, f"section {name}",
              f"{len(numbers)} issues" + (f", without {lacking}" if lacking else ""))
    check({"needs_you", "running", "waiting", "handed_off", "done_today", "left_out"}
          == set(sections), "the world has an issue of every kind", sorted(sections))
    text = view.text('section[aria-labelledby="section-needs_you"]')
    check("Which colour, <b onclick=bad()>red</b>?" in text and "agent_blocked" in text,
          "what needs a person is told in the agent's own words")
    text = view.text("#section-waiting + table")
    check(text.index("#7\n") < text.index("#20\n"), "the queue stands in the order it is served")
    past(view, world)
    rows = "document.querySelectorAll('#lately tbody tr').length"
    check(view.wait(rows + " == 15"), "what happened lately is told")
    view.click("#lately .more")
    check(view.wait(rows + " > 15") and "handed_off" in view.text("#lately"), "and more of it",
          view.js("return " + rows))
    check("2 of 2 running · 2 need you · 9 waiting" in view.text("#headline"), "the head sums up",
          view.text("#headline"))


def past(view, world):
    view.wait("document.querySelectorAll('#past svg').length == 2")
    labels = view.js("return [...document.querySelectorAll('#past svg')].map((one) =>"
                     "one.getAttribute('role') + ': ' + one.getAttribute('aria-label'))")
    check(len(labels) == 2 and all(label.startswith("img: ") for label in labels)
          and "runs ended, 3 succeeded" in labels[0] and "$1." in labels[1],
          "runs and money by day are pictures with words", labels)
    view.js("document.querySelector('#past-table').open = true")
    rows = view.text("#past-table tbody").split("\n")
    check(view.js("return document.querySelectorAll('#past-table tbody tr').length") == 14
          and time.strftime("%Y-%m-%d", time.gmtime()) in rows[0],
          "and a table with a row for each day", rows[0].replace("\t", " "))
    heights = view.js("return [...document.querySelectorAll('#past svg .money, #past svg .good')]"
                      ".map((bar) => bar.getBoundingClientRect().height)")
    check(len(heights) >= 2 and min(heights) > 1, "with bars that can be seen", heights)
    view.js("document.querySelector('#past-table').open = false")


# Without its age, which changes with the clock alone.
RUNNING = ("[...document.querySelector('#section-running + table tbody tr').children]"
           ".filter((one) => !one.querySelector('time')).map((one) => one.innerText).join(' | ')")


def lives(view, world):
    """What runs changes by itself, and nothing else is touched."""
    view.js("""
      window.untouched = 0; window.changed = 0; window.spoken = 0;
      window.row = document.querySelector('#section-handed_off + table tbody tr');
      window.first = document.querySelector('#section-running + table tbody tr');
      const isTime = (one) => one.target.closest?.('time') || one.target.parentElement?.closest('time');
      const count = (place, name) => new MutationObserver((all) =>
        window[name] += all.filter((one) => !isTime(one)).length).observe(
          document.querySelector(place), { subtree: true, childList: true, characterData: true });
      count('#section-handed_off + table', 'untouched');
      count('#section-waiting + table', 'untouched');
      count('#section-running + table', 'changed');
      count('#changes', 'spoken');""")
    before = view.js("return " + RUNNING)
    seen = {before}

    def has_moved():
        seen.add(view.js("return " + RUNNING))
        return len(seen) >= 6
    check(wait_until(has_moved, 40), "a running issue changes without a reload",
          "  ->  ".join(one.replace("\n", " ") for one in (before, view.js("return " + RUNNING))))
    words = view.js("return " + RUNNING)
    check("agent, turn 1" in words and re.search(r"line \d+ of <img", words)
          and re.search(r"\d+k", words) and re.search(r"\$\d+\.\d\d", words),
          "with phase, turn, tokens, money and its last line")
    changed, untouched, spoken = view.js("return [changed, untouched, spoken]")
    check(changed >= 4 and untouched == 0, "other sections are not drawn again",
          f"{changed} changes of what runs, {untouched} of what waits or is handed off")
    check(spoken == 0, "and nothing is read aloud for it", f"{spoken} changes of the live region")
    check(view.js("return row.isConnected && first.isConnected"), "rows stay the same elements")


def issue(view, world):
    open_list(view, world)
    view.click(link(2))
    check(view.wait_text("the agent says it is blocked", "#why-words"), "an issue says why",
          view.text("#why-words"))
    check("To run:" in view.text("#why-run"), "and what would let it run", view.text("#why-run"))
    view.js("document.querySelector('#why-rules').open = true")
    check("stops it" in view.text("#why-rules"), "by which rules")
    check(view.wait_text("run ended", "#events") and "run 1 was launched" in view.text("#events"),
          "its events are there")
    check(view.wait_text("This run is over.", "#log-note") and "Which colour" in view.text("#log"),
          "its transcript is there", view.text("#log").replace("\n", " | ")[:160])
    check(view.js("return document.title").startswith("local/checkout#2 Do part 2"),
          "the title names it", view.js("return document.title"))
    open_issue(view, world, 1)
    view.wait("document.querySelectorAll('#log p').length > 2")
    first = view.js("return document.querySelectorAll('#log p').length")
    check(view.wait(f"document.querySelectorAll('#log p').length > {first + 3}"),
          "the transcript of a running one is followed", f"from {first} lines on")
    check(view.js("const log = document.querySelector('#log');"
                  "return log.scrollTop + log.clientHeight >= log.scrollHeight - 25"),
          "and stays at its end")
    facts = view.text("#facts")
    view.wait(f"document.querySelector('#facts').innerText !== {json.dumps(facts)}")
    check("agent, turn 1" in facts and view.text("#facts") != facts, "its facts are live")


# ---- orders --------------------------------------------------------------------------------------
def token_state(view):
    return view.js("return [Object.entries(sessionStorage).flat().join(' '), localStorage.length,"
                   "document.cookie, location.href, document.documentElement.outerHTML]")


def orders(view, world):
    open_issue(view, world, 6)
    check(token_state(view)[0] == "", "nothing is kept before a token is given")
    view.click("#stop")
    check(view.wait_text("Stop local/checkout#6?", "#ask"), "a stop asks first")
    view.click("#no")
    check(world.item(6)["section"] == "running" and not world.item(6)["requests"],
          "and no means no")
    view.click("#stop")
    view.click("#yes")
    check(view.wait_text("Changes need the server's token", "#ask"), "it asks for the token")
    view.type("not-the-token")
    view.press("Enter")
    check(view.wait_text("does not know that token", "#ask"), "a wrong token is said",
          view.text("#ask-words"))
    check(world.item(6)["section"] == "running", "and changes nothing")
    view.click("#no")
    check(view.wait_text("Nothing was changed", "#problem"), "who has none is told",
          view.text("#problem"))
    check(token_state(view)[0] == "", "a wrong token is not kept")
    view.click("#stop")
    view.click("#yes")
    view.wait_text("Changes need", "#ask")
    view.type(page_worlds.TOKEN)
    view.press("Enter")
    check(view.wait_text("#6", "#said"), "the right one carries it out", view.text("#said"))
    stopped = wait_until(lambda: world.ticked(6)["code"] == "stopped_by_operator", 60)
    check(stopped, "`symphony status --json` says that it is stopped", world.item(6)["sentence"])
    check(view.wait_text("stopped_by_operator", "#facts"), "and so does the page")
    check(view.wait_text("needs you", "#changes"), "a screen reader hears it",
          view.text("#changes"))
    session, local, cookie, here, markup = token_state(view)
    check(page_worlds.TOKEN in session and local == 0 and cookie == ""
          and page_worlds.TOKEN not in here + markup,
          "the token is in this tab's session alone: no cookie, address or element has it")
    view.reload()
    view.wait("document.querySelector('#why-words')?.innerText.length > 12")
    check(view.js("return document.querySelector('#forget').hidden") is False,
          "after a reload it is still there, and can be forgotten")
    pause(view, world)
    retry(view, world)
    view.click("#forget")
    check(token_state(view)[0] == "", "forgotten is forgotten")


def pause(view, world):
    view.click("#pause")
    view.click("#yes")
    check(view.wait_text("Paused", "#holds")
          and any(hold["kind"] == "pause" for hold in world.place.status()["holds"]),
          "pause holds, and is said", view.text("#holds"))
    check(view.text("#pause") == "Resume", "the button is the other one now")
    view.click("#pause")
    view.click("#yes")
    check(view.wait("document.querySelector('#holds').hidden")
          and not world.place.status()["holds"], "resume goes on")


def retry(view, world):
    open_issue(view, world, 2)
    view.click("#retry")
    view.click("#yes")
    check(view.wait_text("#2", "#said"), "retry is answered", view.text("#said"))
    again = wait_until(lambda: world.ticked(2)["section"] != "needs_you", 60)
    check(again, "and the issue needs nobody any more", world.item(2)["sentence"])
    open_issue(view, world, 4)
    view.click("#stop")
    view.click("#yes")
    check(view.wait_text("Nothing was changed", "#problem"), "what cannot be stopped is said",
          view.text("#problem"))


# ---- keyboard ------------------------------------------------------------------------------------
DESCRIBE = """
  const name = (one) => one === document.body ? 'body' : one.id ? '#' + one.id
    : one.getAttribute('href') || one.textContent.trim();
  const active = document.activeElement, style = getComputedStyle(active);
  const box = active.getBoundingClientRect();
  return [name(active), style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    box.width > 0 && box.right > 0 && box.bottom > 0 && box.top < innerHeight];"""
REACHABLE = """
  const name = (one) => one.id ? '#' + one.id : one.getAttribute('href') || one.textContent.trim();
  return [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')]
    .filter((one) => one.checkVisibility() && !one.closest('dialog:not([open])')).map(name);"""


def from_the_top(view):
    """The next Tab begins where a page begins that was just opened."""
    view.js("document.body.tabIndex = -1; document.body.focus();"
            "document.body.removeAttribute('tabindex'); scrollTo(0, 0)")


def walk(view, what):
    wanted = view.js(REACHABLE)
    from_the_top(view)
    met, unseen = [], []
    for _ in range(len(wanted)):
        view.press("Tab")
        # The page may still be scrolling there.
        wait_until(lambda: view.js(DESCRIBE)[2], 3)
        name, has_outline, is_seen = view.js(DESCRIBE)
        met.append(name)
        if not (has_outline and is_seen):
            unseen.append(name)
    check(met == wanted, f"{what}: Tab reaches every control in reading order",
          f"{len(wanted)} controls" if met == wanted else f"{met} instead of {wanted}")
    check(not unseen, f"{what}: and the focus is seen", unseen or "")


def active(view):
    return view.js("const one = document.activeElement;"
                   "return one.id || one.getAttribute('href') || one.tagName")


def keyboard(view, world):
    view.size(1440)
    open_list(view, world)
    view.wait("document.querySelectorAll('#lately td').length > 0")
    walk(view, "the list")
    from_the_top(view)
    view.press("Tab", "Enter")
    check(active(view) == "main" and "#/main" not in view.js("return location.href"),
          "the first Tab skips to the list")
    for way, back in [("Escape", lambda: view.press("Escape")), ("back", view.back)]:
        view.js(f"document.querySelector('{link(3)}').focus()")
        view.press("Enter")
        view.wait("!document.querySelector('#issue').hidden")
        check(active(view) == "issue-title" and "#3" in view.text("#issue-title"),
              "Enter opens an issue, and reading begins at its title")
        if way == "Escape":
            view.wait("document.querySelectorAll('#log p').length > 0 &&"
                      "!document.querySelector('#why-rules').hidden")
            walk(view, "an issue")
        back()
        view.wait("!document.querySelector('#list').hidden")
        check(active(view) == address(3), f"{way} returns to where one was", active(view))
    open_issue(view, world, 3)
    view.js("document.querySelector('#retry').focus()")
    view.press("Enter")
    view.wait("document.querySelector('#ask').open")
    check(active(view) == "yes", "a question takes the keyboard")
    view.press("Tab", "Tab", "Tab", "Tab")
    inside = view.js("return document.activeElement === document.body"
                     "|| document.querySelector('#ask').contains(document.activeElement)")
    check(inside, "and keeps it")
    view.press("Escape")
    check(view.wait("!document.querySelector('#ask').open") and active(view) == "retry"
          and not view.js("return document.querySelector('#issue').hidden"),
          "Escape answers no, and gives it back")


# ---- names and words that mean harm --------------------------------------------------------------
def hostile(view, world):
    view.logs("browser")
    view.logs("performance")
    open_list(view, world)
    time.sleep(1)
    text = view.text("#sections")
    for number, title in page_worlds.HOSTILE.items():
        shown = title.replace("\u202e", "\\u{202E}").replace("\u202c", "\\u{202C}").replace(
            "\u2066", "\\u{2066}")
        check(shown in text, f"issue {number} is text", shown[:60])
        open_issue(view, world, number)
        check(shown in view.text("#issue-title") and shown in view.js("return document.title"),
              f"issue {number} is text on its page and in the title")
        fits(view, f"issue {number}")
    open_issue(view, world, 1)
    view.wait("document.querySelectorAll('#log p').length > 2")
    check("<img src=x onerror" in view.text("#log"), "what an agent prints is text")
    check(view.js("return document.querySelectorAll('main img, main script, main b[onclick]').length")
          == 0, "nothing of it became an element")
    open_issue(view, world, 2)
    kinds = view.js("""return ['javascript:alert(1)', ' javascript:x', 'data:text/html,x', '/etc',
      'https://example.org/'].map((to) => element(link(to, 'x')).tagName)""")
    check(kinds == ["BDI"] * 4 + ["A"] and view.js(
        "return [...document.querySelectorAll('a')].filter((one) =>"
        "!/^https?:$/.test(one.protocol)).length") == 0, "and no link leads anywhere but to http",
        kinds)
    hosts = {entry.split("/", 3)[2] for entry in requests(view)}
    check(hosts == {world.url.split("/")[2]}, "nothing is asked of any other origin", hosts)
    check(wrong(view.logs("browser")) == [], "the console and the policy have no complaint")
    csp = view.js("return fetch('/').then((one) => one.headers.get('content-security-policy'))")
    check("default-src 'none'" in csp and "unsafe" not in csp and "*" not in csp, "the policy",
          csp)
    blocked = view.js("""
      const seen = new Promise((done) => addEventListener('securitypolicyviolation',
        (event) => done(event.effectiveDirective), { once: true }));
      const script = document.createElement('script');
      script.textContent = 'window.owned = 1'; document.body.append(script);
      return Promise.race([seen, new Promise((done) => setTimeout(done, 3000, 'nothing'))])
        .then((word) => [word, window.owned ?? null]);""")
    check(blocked == ["script-src-elem", None], "the policy stops a script that got in", blocked)


def requests(view):
    found = set()
    for entry in view.logs("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            url = message["params"]["request"]["url"]
            if not url.startswith(("data:", "about:")):
                found.add(url)
    return found


def fits(view, what):
    wide = view.js("return [document.documentElement.scrollWidth, innerWidth]")
    if wide[0] > wide[1]:
        check(False, f"{what}: no scrolling to the side", wide)
    return wide[0] <= wide[1]


# ---- coming and going ----------------------------------------------------------------------------
def gone(view, world):
    open_issue(view, world, 1)
    view.wait("document.querySelectorAll('#log p').length > 2")
    view.js("window.marker = 1")
    start = time.monotonic()
    world.end_serve()
    check(view.wait_text("The server does not answer", "#problem"), "a server that is gone is said",
          f"after {time.monotonic() - start:.1f} s: {view.text('#problem')}")
    lines = view.text("#log")
    start = time.monotonic()
    world.serve()
    check(view.wait("document.querySelector('#problem').hidden"), "and that it is back",
          f"after {time.monotonic() - start:.1f} s")
    check(view.wait("document.querySelector('#log').innerText !== arguments[0]", lines)
          and view.js("return marker") == 1,
          "without a reload; the transcript goes on")
    world.end_serve()
    kept = world.place.environment.pop("SYMPHONY_SERVER_TOKEN")
    world.serve()
    open_issue(view, world, 1)
    view.click("#stop")
    view.click("#yes")
    check(view.wait_text("the server has none", "#problem")
          and not view.js("return document.querySelector('#ask').open"),
          "a server without a token says so instead of asking for one", view.text("#problem"))
    world.end_serve()
    world.place.environment["SYMPHONY_SERVER_TOKEN"] = kept
    world.serve()


def addresses(view, world):
    open_issue(view, world, 3)
    view.reload()
    check(view.wait_text("#3 Do part 3", "#issue-title"), "a reload of an issue's address opens it")
    for name in ("#/8", "#/local%2Fcheckout%238"):
        view.go("about:blank")
        view.go(world.url + name)
        check(view.wait_text("#8 Do part 8", "#issue-title"), f"{name} opens it, too")
    for name in ("#/404", "#/local%3A404", "#/%zz", "#/<b>x"):
        view.go("about:blank")
        view.go(world.url + name)
        check(view.wait_text("There is no issue", "#issue-title"), "an unknown issue is said",
              view.text("#issue-title"))
        check(view.js("return document.title").startswith("No issue"), "in the title, too")
    open_list(view, world, "#/?q=part&in=needs_you")
    check(view.text("#found") == "2 of 16 issues", "what was looked for is in the address",
          view.text("#found"))


# ---- a thousand ----------------------------------------------------------------------------------
def thousand(view, world):
    script = view.cdp("Page.addScriptToEvaluateOnNewDocument", source="""
      new MutationObserver((_, own) => {
        if (!document.querySelector('#sections td')) return;
        window.firstContent = performance.now(); own.disconnect();
      }).observe(document, { subtree: true, childList: true });""")
    view.size(1440)
    open_list(view, world)
    first = view.js("return firstContent")
    check(first < 20000, "1,000 issues: the first ones are seen", f"after {first:.0f} ms")
    time.sleep(2)
    nodes = view.js("return document.querySelectorAll('*').length")
    check(nodes < 5000, "1,000 issues: what is drawn is bounded", f"{nodes} elements")
    section = "section[aria-labelledby='section-waiting']"
    rows = view.js(f"return document.querySelectorAll(\"{section} tbody tr\").length")
    view.click(section + " .more")
    more = view.js(f"return document.querySelectorAll(\"{section} tbody tr\").length")
    check(rows == 50 and more == 250, "and more is shown when asked for", f"{rows}, then {more}")
    searching(view)
    updates(view)
    view.cdp("Page.removeScriptToEvaluateOnNewDocument", identifier=script["identifier"])


def searching(view):
    view.click("#find")
    view.type("upper 37")
    wanted = sum("37" in str(n) or "37" in str(n + 1000) for n in range(1, 1001) if n % 4 == 2)
    check(view.wait_text(f"{wanted} of 1000 issues", "#found"), "1,000 issues: words are found",
          view.text("#found"))
    check("upper" in view.text("#sections") and "lower part" not in view.text("#sections"),
          "and nothing else is shown")
    took = view.js("""
      const field = document.querySelector('#find'), all = [];
      for (const words of ['', 'u', 'upper', 'upper 3', 'lower part 11', '', 'nothing at all', '']) {
        const start = performance.now();
        field.value = words; field.dispatchEvent(new Event('input')); document.body.offsetHeight;
        all.push(performance.now() - start);
      }
      return all;""")
    check(max(took) < 5000, "1,000 issues: a page that finds does not stand still",
          f"{sum(took) / len(took):.0f} ms, at most {max(took):.0f} ms")
    view.js("const list = document.querySelector('#in'); list.value = 'left_out';"
            "list.dispatchEvent(new Event('change'))")
    check(view.wait_text("100 of 1000 issues", "#found") and "Queue" not in view.text("#sections"),
          "1,000 issues: one section alone", view.text("#found"))
    check(view.js("return location.hash") == "#/?in=left_out", "and the address says so")
    view.js("const list = document.querySelector('#in'); list.value = '';"
            "list.dispatchEvent(new Event('change'))")


def heap(view):
    view.cdp("HeapProfiler.collectGarbage")
    found = {one["name"]: one["value"]
             for one in view.cdp("Performance.getMetrics")["metrics"]}
    return found["JSHeapUsedSize"] / 1e6, found["Nodes"]


def updates(view):
    view.cdp("Performance.enable")
    one = "return (async () => {{ const all = []; for (let n = 0; n < {0}; n++) {{" \
          "const start = performance.now(); await read(); document.body.offsetHeight;" \
          "all.push(performance.now() - start); await new Promise((one) => setTimeout(one, 300));" \
          "}} return all; }})()"
    view.js(one.format(10))
    view.js("window.drawnNodes = 0; new MutationObserver((all) => { for (const one of all)"
            " drawnNodes += one.addedNodes.length }).observe("
            "document.querySelector('#sections'), { subtree: true, childList: true })")
    before, nodes = heap(view)
    took = view.js(one.format(60))
    after, more = heap(view)
    drawn = view.js("return drawnNodes")
    check(after - before < 5 and more - nodes < 500, "1,000 issues: 60 updates leave nothing behind",
          f"{before:.1f} MB and {nodes} nodes, then {after:.1f} MB and {more} nodes")
    check(drawn < 60 * 40, "1,000 issues: an update draws what changed",
          f"{drawn} nodes in 60 updates")
    say(f"       an update takes {sum(took) / len(took):.0f} ms, at most {max(took):.0f} ms, "
        "with reading the state")


# ---- all of it -----------------------------------------------------------------------------------
def story(view, scratch, shots):
    world, items = page_worlds.every_section(scratch)
    try:
        check(world.serve(), "serve answers", world.url)
        view.size(1440)
        everything(view, world, items)
        lives(view, world)
        issue(view, world)
        hostile(view, world)
        addresses(view, world)
        keyboard(view, world)
        page_looks.all_looks(view, world, shots)
        page_looks.accessibility(view, world)
        page_looks.motion_and_paper(view, world, shots)
        orders(view, world)
        gone(view, world)
    finally:
        world.end()
    world, _ = page_worlds.a_thousand(scratch)
    try:
        check(world.serve(), "serve answers", world.url)
        thousand(view, world)
        view.size(1440)
        view.shot(os.path.join(shots, "thousand.png"), whole=False)
    finally:
        world.end()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("symphony")
    parser.add_argument("--shots", help="keeps pictures of what was seen there")
    arguments = parser.parse_args()
    project.SYMPHONY = os.path.abspath(arguments.symphony)
    missing = browser.Browser.missing()
    if missing:
        print(f"not run: not in PATH: {', '.join(missing)}")
        return 3
    scratch = tempfile.mkdtemp(prefix="symphony-page-")
    shots = arguments.shots or os.path.join(scratch, "shots")
    os.makedirs(shots, exist_ok=True)
    view = browser.Browser(os.path.join(scratch, "chromedriver.log"))
    try:
        story(view, scratch, shots)
    except Exception:
        check(False, "broke off", traceback.format_exc(limit=-4))
        view.shot(os.path.join(shots, "broken.png"))
    finally:
        view.end()
    return findings.conclude(scratch)


if __name__ == "__main__":
    sys.exit(main())
