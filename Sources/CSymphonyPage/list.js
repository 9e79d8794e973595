// The list of all issues by section, what was found in it, and what happened lately. Its elements
// are made once; a new state draws only the cells that changed, and a section draws no more rows
// than a person reads. While an issue is open the list is hidden and left as it was.

// The state as the server told it last; null: it was not read yet.
let state = null;

// MARK: Columns: a name, a class, and the parts of an issue's cell

const addressOf = (id) => "#/" + encodeURIComponent(id);

const issueColumn = ["Issue", "issue", (item) =>
  [link(addressOf(item.id), item.key), " ", { tag: "bdi", class: "title", words: item.title }]];
const whyColumn = ["Why", "", (item) => [item.sentence, " ", codeOf(item)]];
const sinceColumn = ["Since", "number", (item) => [ago(item.since)]];
const costColumn = ["Cost", "number", (item) => [spent(item)]];

const codeOf = (item) => ({ tag: "code", class: "dim", words: item.code });

function spent(item) {
  const tokens = item.tokens + item.running_tokens;
  return money(item.cost_usd + item.running_cost_usd) || (tokens ? count(tokens) + " tokens" : "");
}

function pullRequest(item) {
  if (!item.pull_request) return "";
  const number = /(\d+)(\.md)?$/.exec(item.pull_request);
  return link(item.pull_request, number ? "#" + number[1] : item.pull_request);
}

function phaseOf(live) {
  const phase = live.life === "alive" ? live.phase || "starting" : "its worker has " + live.life;
  return phase + (live.turn ? ", turn " + live.turn : "");
}

const SECTIONS = [
  ["needs_you", "Needs you", [issueColumn, whyColumn, sinceColumn, costColumn]],
  ["running", "Running", [
    issueColumn,
    ["Now", "", (item) => item.live
      ? [{ tag: "span", class: "busy", words: phaseOf(item.live) }, " ",
        foreign(item.live.last_event)]
      : [item.sentence]],
    ["Tokens", "number", (item) => [item.live ? count(item.live.tokens) : ""]],
    ["For", "number", (item) => [item.live ? ago(item.live.started_at) : ""]],
    ["Cost", "number", (item) => [item.live ? money(item.live.cost_usd) : ""]],
  ]],
  ["waiting", "Queue", [
    issueColumn, whyColumn,
    ["Again", "number", (item) => [item.retry_at && Date.parse(item.retry_at) > now()
      ? ago(item.retry_at) : ""]],
    ["Place", "number", (item) => [item.queue_position ? String(item.queue_position) : ""]],
  ]],
  ["handed_off", "Handed off", [
    issueColumn, whyColumn, ["Request", "number", (item) => [pullRequest(item) || "owed"]],
    sinceColumn, costColumn,
  ]],
  ["done_today", "Done today", [
    issueColumn, whyColumn, ["When", "number", (item) => [ago(item.done_at)]], costColumn]],
  ["done_earlier", "Done earlier", [
    issueColumn, whyColumn, ["When", "number", (item) => [ago(item.done_at)]], costColumn]],
  ["left_out", "Left out by a rule", [issueColumn, whyColumn]],
  ["unlisted", "No longer listed", [issueColumn, whyColumn, sinceColumn]],
].map(([name, title, columns]) => {
  const heading = make("h2", { id: "section-" + name });
  const rows = table(columns.map(([word, kind]) => [word, kind]), heading.id);
  const section = { name, title, columns, heading, table: rows, most: 50 };
  section.more = make("button", {
    type: "button", class: "more", onclick: () => {
      section.most += 200;
      drawList();
    },
  });
  section.whole = make("section", { "aria-labelledby": heading.id, hidden: true },
    heading, rows.whole, section.more);
  return section;
});

// MARK: Finding

const filter = { words: "", section: "" };

function isFound(item) {
  if (filter.section && item.section !== filter.section) return false;
  if (!filter.words) return true;
  const text = [item.key, item.title, item.code, item.sentence, item.status || "", item.branch]
    .join("\n").toLowerCase();
  return filter.words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

// The list's own address, with what is looked for, so that a reload shows the same.
function listAddress() {
  const query = new URLSearchParams();
  if (filter.words) query.set("q", filter.words);
  if (filter.section) query.set("in", filter.section);
  return "#/" + (query.size ? "?" + query : "");
}

function readFilter(query) {
  const values = new URLSearchParams(query);
  filter.words = values.get("q") || "";
  filter.section = SECTIONS.some(({ name }) => name === values.get("in")) ? values.get("in") : "";
  if (byId("find").value.trim() !== filter.words) byId("find").value = filter.words;
  byId("in").value = filter.section;
}

function changeFilter() {
  filter.words = byId("find").value.trim();
  filter.section = byId("in").value;
  history.replaceState(null, "", listAddress());
  drawList();
}

// MARK: Drawing

function inOrder(name, items) {
  if (name === "waiting") {
    return items.sort((one, two) =>
      (one.queue_position || 1e9) - (two.queue_position || 1e9));
  }
  if (name === "done_earlier" || name === "done_today") {
    return items.sort((one, two) => (two.done_at || "").localeCompare(one.done_at || ""));
  }
  return items;
}

function drawList() {
  const found = Map.groupBy(state.items.filter(isFound), (item) => item.section);
  const focused = document.activeElement;
  const address = byId("list").contains(focused) ? focused.getAttribute("href") : null;
  for (const section of SECTIONS) {
    const items = inOrder(section.name, found.get(section.name) || []);
    section.whole.hidden = items.length === 0;
    show(section.heading, section.title + " ", dim("(" + items.length + ")"));
    fill(section.table, items.slice(0, section.most).map((item) =>
      [item.id, section.columns.map(([, , parts]) => parts(item))]));
    section.more.hidden = items.length <= section.most;
    show(section.more, "Show more: " + (items.length - section.most) + " are left");
  }
  const all = [...found.values()].reduce((sum, items) => sum + items.length, 0);
  const isFiltered = filter.words || filter.section;
  show(byId("found"), isFiltered ? all + " of " + several(state.items.length, "issue", "issues")
    : state.items.length === 0 ? "No issue has been seen yet." : "");
  drawChoices();
  tellTimes();
  // An issue that changes its section takes the keyboard's place with it.
  if (address && document.activeElement !== focused) focusLink(address);
}

function focusLink(address) {
  const link = [...byId("list").querySelectorAll("a")].find((one) =>
    one.getAttribute("href") === address);
  if (link) link.focus({ preventScroll: false });
  return Boolean(link);
}

function drawChoices() {
  const numbers = Map.groupBy(state.items, (item) => item.section);
  for (const choice of byId("in").options) {
    const section = SECTIONS.find(({ name }) => name === choice.value);
    const items = section ? numbers.get(section.name) || [] : state.items;
    show(choice, (section ? section.title : "All") + " (" + items.length + ")");
  }
}

// MARK: What happened

const lately = { events: [], most: 15 };
const latelyMore = make("button", {
  type: "button", class: "more", onclick: () => {
    lately.most = 200;
    drawLately();
  },
}, "Show more of what happened");

function hearEvent(event) {
  lately.events = lately.events.concat([event]).slice(-200);
  drawLately();
}

async function readLately() {
  lately.events = (await ask("/api/v1/events")).events.slice(-200);
  drawLately();
}

const eventKind = (event) => event.kind.replace("_", " ");
const eventWords = (event) =>
  [event.kind === "verdict" && event.code ? [code(event.code), " "] : "", event.sentence].flat();

// Two events may be alike to the letter: one tick may deliver two comments.
function numbered(events, row) {
  const seen = new Map();
  return events.map((event) => {
    const name = JSON.stringify([event.at, event.key, event.kind, event.code, event.sentence]);
    seen.set(name, (seen.get(name) || 0) + 1);
    return [name + seen.get(name), row(event)];
  });
}

const latelyTable = table(
  [["When", "number"], ["Issue", "issue"], ["What", "kind"], ["Words", ""]], "lately-heading");

function drawLately() {
  const events = lately.events.slice(-lately.most).reverse();
  byId("lately").hidden = events.length === 0;
  latelyMore.hidden = lately.events.length <= lately.most;
  fill(latelyTable, numbered(events, (event) => {
    const item = state && state.items.find((one) => one.key === event.key);
    return [[ago(event.at)], [item ? link(addressOf(item.id), event.key) : event.key],
      [eventKind(event)], eventWords(event)];
  }));
}

function makeList() {
  byId("sections").append(...SECTIONS.map(({ whole }) => whole));
  byId("lately").append(latelyTable.whole, latelyMore);
  byId("in").append(make("option", { value: "" }),
    ...SECTIONS.map(({ name }) => make("option", { value: name })));
  byId("find").addEventListener("input", changeFilter);
  byId("in").addEventListener("change", changeFilter);
  byId("search").addEventListener("submit", (event) => event.preventDefault());
}
