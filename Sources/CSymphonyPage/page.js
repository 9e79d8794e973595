// Coming and going: the address decides what is shown, the stream when the state is read again, and
// keys lead back. Begins everything; the other parts only define.

// MARK: The head

function drawHead() {
  const { holds } = state;
  const limit = state.max_cost_usd_per_day;
  const number = (section) => state.items.filter((item) => item.section === section).length;
  show(byId("headline"), [
    number("running") + " of " + (state.max_concurrent ?? "?") + " running",
    several(number("needs_you"), "needs", "need") + " you", number("waiting") + " waiting",
    (money(state.spent_usd_today) || "nothing") + (limit ? " of " + money(limit) : "")
      + " spent today",
  ].join(" · "));
  show(byId("place"), code(state.workflow));
  const last = state.last_tick;
  show(byId("tick"), last ? ["last tick ", ago(last.ended_at), " ago"] : "no tick yet");
  const inForce = holds.filter((hold) => !hold.has_passed);
  byId("holds").hidden = inForce.length + state.warnings.length === 0;
  show(byId("holds"), inForce.map((hold) => ({
    tag: "li", words: (hold.kind === "pause" ? "Paused" : "Held: " + hold.kind)
      + (hold.scope ? " " + hold.scope : "") + (hold.why ? ": " + hold.why : "")
      + (hold.until ? ", until " + new Date(hold.until).toLocaleString() : ""),
  })), state.warnings.map((words) => ({ tag: "li", words })));
  const isPaused = inForce.some((hold) => hold.kind === "pause");
  show(byId("pause"), isPaused ? "Resume" : "Pause");
  byId("pause").dataset.command = isPaused ? "resume" : "pause";
  complain("late", state.late ? "Ticks are missing: is the timer running?" : "");
  complain("workflow", state.workflow_problem);
  complain("tracker", state.tracker_problem);
  complain("workers", state.workers_problem);
}

// MARK: What changed, for a screen reader

const NEWS = {
  needs_you: "needs you", running: "is running", waiting: "waits", handed_off: "is handed off",
  done_today: "is done",
};
// Nothing is spoken more often than that, in milliseconds.
const SPOKEN = 8000;
const news = { sections: null, words: [], timer: null };

// Only changes of sections: lines and tokens come every second, and nobody could listen to them.
function noteNews() {
  const sections = new Map(state.items.map((item) => [item.id, item.section]));
  if (news.sections) {
    for (const item of state.items) {
      const words = NEWS[item.section];
      if (words && news.sections.get(item.id) !== item.section) news.words.push([item.key, words]);
    }
  }
  news.sections = sections;
  if (news.words.length && !news.timer) speak();
}

function speak() {
  news.timer = null;
  if (news.words.length === 0) return;
  const said = news.words.length > 3
    ? [...Map.groupBy(news.words, ([, words]) => words)].map(([words, all]) =>
      all.length + " × " + words)
    : news.words.map(([key, words]) => key + " " + words);
  news.words = [];
  show(byId("changes"), said.join(", "));
  news.timer = setTimeout(speak, SPOKEN);
}

// MARK: The address

// `#/` is the list, `#/?q=...` what was looked for in it, `#/ID` an issue.
function issueOfAddress() {
  const rest = location.hash.replace(/^#\/?/, "");
  if (!rest || rest.startsWith("?")) return "";
  try { return decodeURIComponent(rest); } catch { return rest; }
}

function draw() {
  const name = issueOfAddress();
  drawHead();
  if (name) drawIssue(name);
  else drawList();
  drawPast();
  const item = name && find(name);
  const need = state.counts.parked ? "(" + state.counts.parked + ") " : "";
  document.title = visible(
    !name ? need + "symphony" : item ? item.key + " " + item.title + " · symphony"
      : "No issue " + name + " · symphony");
}

let before = null;

// Shows what the address names; the keyboard goes where a reader would look first.
function go(isFirst) {
  const name = issueOfAddress();
  if (!name) readFilter(location.hash.split("?")[1] || "");
  byId("list").hidden = Boolean(name);
  byId("issue").hidden = !name;
  say("");
  complain("order", "");
  if (!name) closeIssue();
  byId("back").setAttribute("href", listAddress());
  if (!state) return;
  draw();
  if (!isFirst) {
    if (name) {
      scrollTo(0, 0);
      byId("issue-title").focus();
    } else if (!before || !focusLink(addressOf(before))) byId("main").focus();
  }
  before = name ? open.id || name : null;
}

// MARK: Reading

let isReading = false;
let isStale = false;

// One at a time: what changes meanwhile is read once more afterwards. A page that nobody sees
// waits.
async function read() {
  if (isReading || document.hidden) {
    isStale = true;
    return;
  }
  isReading = true;
  isStale = false;
  const isFirst = !state;
  try {
    const answer = await ask("/api/v1/status");
    state = answer;
    serverClock.at = Date.parse(state.at);
    serverClock.read = performance.now();
    complain("server", "");
    if (isFirst) go(true);
    else draw();
    noteNews();
  } catch (error) {
    isReading = false;
    if (await askForToken(error, "Reading from here needs the server's token.")) return read();
    complain("server", (error.status ? "The server says: " + error.message
      : "The server does not answer. It is asked again every few seconds") + ". "
      + (state ? "This is how it was at " + new Date(state.at).toLocaleTimeString() + "." : ""));
  } finally {
    isReading = false;
  }
  if (isStale) setTimeout(read, 200);
}

// Reads, then hears until the connection is lost, and begins again.
async function live() {
  for (;;) {
    await read();
    if (!problems.has("server")) {
      await Promise.all([readLately(), readPast()]).catch(() => {});
      await listen((kind, value) => {
        if (kind === "state") read();
        else if (kind === "event") {
          hearEvent(value);
          if (value.kind === "run_ended") readPast().catch(() => {});
        }
      });
    }
    await pause(2000);
  }
}

makeList();
makeIssue();
byId("past-table").append(pastTable.whole);
keep(token());
byId("refresh").addEventListener("click", () => order("refresh", {}));
byId("pause").addEventListener("click", (event) => {
  const { command } = event.currentTarget.dataset;
  if (command) {
    order(command, {}, command === "pause"
      ? "Pause? Nothing new starts; what runs goes on." : "Go on starting what waits?");
  }
});
byId("forget").addEventListener("click", () => {
  keep("");
  say("The token is forgotten.");
  byId("refresh").focus();
});
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});
addEventListener("hashchange", () => go(false));
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !dialog.open && issueOfAddress()) location.hash = listAddress();
});
document.addEventListener("visibilitychange", () => isStale && read());
setInterval(tellTimes, 5000);
go(true);
live();
