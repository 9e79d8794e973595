// The page of one issue: its facts, why it is where it is, its events, and the transcript of its
// run, which is followed while it goes on. `why` may ask the tracker, so that it is asked only when
// the issue's verdict has changed.

// The open issue's id, what of it was asked for, and the run whose transcript is shown.
const open = { id: null, mark: "", run: null };

const rulesTable = table([["Outcome", "kind"], ["Rule", "kind"], ["Facts", ""]], "why-heading");
const eventsTable = table([["When", "when"], ["What", "kind"], ["Words", ""]], "events-heading");

function makeIssue() {
  byId("why").append(make("p", { id: "why-words" }), make("p", { id: "why-run" }),
    make("details", { id: "why-rules" }, make("summary", {}, "The rules it was judged by"),
      rulesTable.whole));
  byId("events").append(make("p", { id: "events-none", class: "dim" }), eventsTable.whole);
  byId("stop").addEventListener("click", () => steer("stop",
    (item) => "Stop " + item.key + "? Its run ends, and it waits for a person."));
  byId("retry").addEventListener("click", () => steer("retry",
    (item) => "Let " + item.key + " run again, its counters at zero?"));
}

function steer(command, words) {
  const item = state.items.find((one) => one.id === open.id);
  if (item) order(command, { issues: [item.id] }, words(item));
}

// By its id, its key, or its number where only one has it, as commands take it.
function find(name) {
  const exact = state.items.find((one) => one.id === name || one.key === name);
  if (exact) return exact;
  const numbered = state.items.filter((one) => String(one.number) === name.replace(/^#/, ""));
  return numbered.length === 1 ? numbered[0] : null;
}

function closeIssue() {
  open.id = null;
  open.mark = "";
  open.run = null;
}

function drawIssue(name) {
  const item = find(name);
  byId("issue-parts").hidden = !item;
  if (!item) {
    closeIssue();
    show(byId("issue-title"), "There is no issue ", foreign(name));
    show(byId("issue-none"), "No tick has seen it, or it is forgotten by now.");
    byId("issue-none").hidden = false;
    return;
  }
  byId("issue-none").hidden = true;
  if (open.id !== item.id) {
    closeIssue();
    open.id = item.id;
    show(byId("why-words"), dim("asking …"));
    show(byId("why-run"));
    byId("why-rules").hidden = true;
    fill(eventsTable, []);
    show(byId("events-none"));
    byId("log").replaceChildren();
  }
  show(byId("issue-title"), link(item.url, item.key), " ", foreign(item.title));
  drawFacts(item);
  const mark = JSON.stringify([item.code, item.since, item.run, item.last_run && item.last_run.id,
    item.last_run && item.last_run.outcome, item.debts.length, item.requests.length]);
  if (open.mark !== mark) {
    open.mark = mark;
    readWhy(item.id);
    readEvents(item.id);
  }
  const run = item.live ? item.live.id : item.last_run ? item.last_run.id : null;
  byId("transcript").hidden = !run;
  if (run && open.run !== run) follow(run);
  tellTimes();
}

// Facts by name; those without a value are left out.
function drawFacts(item) {
  const { live } = item;
  const tokens = item.tokens + item.running_tokens;
  const facts = [
    ["Verdict", [item.sentence, " ", codeOf(item)]],
    ["Now", live ? [{ tag: "span", class: "busy", words: phaseOf(live) }, " ",
      foreign(live.last_event)] : []],
    ["Running for", live ? [ago(live.started_at)] : []],
    ["Runs", [item.runs + (item.failures ? ", " + item.failures + " failed in a row" : "")]],
    ["Spent", [tokens ? [money(item.cost_usd + item.running_cost_usd), count(tokens) + " tokens"]
      .filter(Boolean).join(", ") : ""]],
    ["Doubt", [item.doubt]],
    ["Status", [item.status]],
    ["Branch", item.branch ? [code(item.branch)] : []],
    ["Pull request", item.pull_request ? [link(item.pull_request, item.pull_request)] : []],
    ["Again", item.retry_at && Date.parse(item.retry_at) > now() ? [ago(item.retry_at)] : []],
    ["Owed", [item.debts.map((debt) => debt.kind + (debt.refused ? " was refused" : "")
      + (debt.error ? ": " + debt.error : "")).join("; ")]],
    ["Asked for", [item.requests.map((one) => one.kind + " by " + one.by).join("; ")]],
    ["Left behind", [item.left_behind.join("; ")]],
    ["Workspace", item.workspace ? [code(item.workspace)] : []],
  ].filter(([, parts]) => parts.some((part) => part));
  const names = facts.map(([name]) => name).join();
  const place = byId("facts");
  // The list is made anew only when it has other names; else each value changes by itself.
  if (place.dataset.names !== names) {
    place.dataset.names = names;
    place.replaceChildren(...facts.flatMap(([name]) => [make("dt", {}, name), make("dd", {})]));
  }
  const values = place.querySelectorAll("dd");
  facts.forEach(([, parts], index) => show(values[index], parts));
}

async function readWhy(id) {
  let report;
  try {
    report = await ask("/api/v1/why/" + encodeURIComponent(id));
  } catch (error) {
    const words = { tag: "span", class: "bad", words: error.message };
    if (open.id === id) show(byId("why-words"), words);
    return;
  }
  if (open.id !== id) return;
  show(byId("why-words"), report.sentence, " ", code(report.code));
  show(byId("why-run"), report.to_run ? "To run: " + report.to_run : "");
  const rules = report.rules.filter((rule) => rule.outcome !== "not_asked");
  byId("why-rules").hidden = rules.length === 0;
  fill(rulesTable, rules.map((rule) => [rule.rule, [
    rule.outcome === "stops" ? [{ tag: "span", class: "bad", words: "stops it" }]
      : [{ tag: "span", class: "good", words: "passed" }],
    [code(rule.rule)], [[rule.sentence, rule.facts].filter(Boolean).join(" · ")]]]));
}

async function readEvents(id) {
  let events;
  try {
    events = (await ask("/api/v1/events?item=" + encodeURIComponent(id))).events;
  } catch (error) {
    if (open.id === id) show(byId("events-none"), error.message);
    return;
  }
  if (open.id !== id) return;
  show(byId("events-none"), events.length ? "" : "Nothing is on record.");
  fill(eventsTable, numbered(events.slice(-50).reverse(), (event) =>
    [[clock(event.at)], [eventKind(event)], eventWords(event)]));
}

// MARK: The transcript

// Lines that are kept on the page, and bytes before the end from which it begins.
const MOST_LINES = 1000;
const TAIL = 1 << 17;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// Piece by piece while this run's issue is open; a server that is gone is asked again.
async function follow(run) {
  open.run = run;
  const place = byId("log");
  const note = byId("log-note");
  place.replaceChildren();
  show(note, dim("reading …"));
  let from = -TAIL;
  while (open.run === run) {
    let piece;
    try {
      piece = await ask("/api/v1/runs/" + encodeURIComponent(run) + "/log?from=" + from);
    } catch (error) {
      if (open.run !== run) return;
      show(note, error.message);
      if (error.status && error.status < 500) return;
      await pause(3000);
      continue;
    }
    if (open.run !== run) return;
    write(place, piece.lines);
    if (piece.is_over && piece.lines.length === 0) {
      show(note, place.childElementCount ? "This run is over." : "It left no transcript.");
      return;
    }
    show(note, piece.is_over ? "" : "It goes on; what comes is added below.");
    const isMore = piece.next !== from && piece.lines.length > 0;
    from = piece.next;
    if (!isMore || document.hidden) await pause(1000);
  }
}

// A reader at the end stays there; one who has scrolled up is left alone.
function write(place, lines) {
  const isAtEnd = place.scrollTop + place.clientHeight >= place.scrollHeight - 20;
  place.append(...lines.slice(-MOST_LINES).map((line) =>
    make("p", { class: line.kind }, make("b", {}, line.kind), " ",
      make("bdi", {}, line.text))));
  while (place.childElementCount > MOST_LINES) place.firstElementChild.remove();
  if (isAtEnd) place.scrollTop = place.scrollHeight;
}
