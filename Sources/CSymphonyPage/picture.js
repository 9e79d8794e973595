// Runs and money of the last two weeks as two pictures of bars, and the same numbers as a table for
// whoever does not see them. Days are the server's: they begin at 00:00 UTC.

const DAYS = 14;
const past = { days: [], costs: new Map(), runs: new Map() };

function lastDays() {
  return Array.from({ length: DAYS }, (_, place) =>
    new Date(now() - (DAYS - 1 - place) * 86400000).toISOString().slice(0, 10));
}

async function readPast() {
  const first = lastDays()[0] + "T00:00:00Z";
  const [costs, ends] = await Promise.all([
    ask("/api/v1/cost?by=day"),
    ask("/api/v1/events?kind=run_ended&since=" + encodeURIComponent(first)),
  ]);
  past.costs = new Map(costs.rows.map((row) => [row.name, row]));
  past.runs = Map.groupBy(ends.events, (event) => event.at.slice(0, 10));
  drawPast();
}

// One day's numbers; what runs now is money of today that no row has yet.
function numbersOf(day, isToday) {
  const ends = past.runs.get(day) || [];
  const cost = past.costs.get(day);
  const good = ends.filter((event) => event.code === "succeeded").length;
  return {
    day, good, bad: ends.length - good,
    dollars: isToday ? state.spent_usd_today : cost ? cost.cost_usd : 0,
    tokens: (cost ? cost.input_tokens + cost.output_tokens : 0)
      + (isToday ? state.usage_running.tokens : 0),
  };
}

const SVG = "http://www.w3.org/2000/svg";

function svg(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// One bar for each day, made of parts from the ground up; `title` is what the mouse finds.
function bars(place, label, days, parts, title) {
  const most = Math.max(...days.map((day) => parts(day).reduce((sum, [, size]) => sum + size, 0)));
  const picture = svg("svg", {
    viewBox: "0 0 " + DAYS * 10 + " 100", preserveAspectRatio: "none", role: "img",
    "aria-label": label,
  });
  days.forEach((day, index) => {
    const words = svg("title", {});
    words.textContent = title(day);
    const column = svg("g", {}, words, svg("rect", {
      class: "ground", x: index * 10, y: 0, width: 10, height: 100 }));
    let top = 100;
    for (const [kind, size] of parts(day)) {
      const height = most > 0 ? (size / most) * 96 : 0;
      top -= height;
      if (height > 0) {
        column.append(svg("rect", { class: kind, x: index * 10 + 1, y: top, width: 8, height }));
      }
    }
    picture.append(column);
  });
  place.replaceChildren(picture);
}

const pastTable = table([
  ["Day", "key"], ["Runs", "number"], ["Succeeded", "number"], ["Tokens", "number"],
  ["Money", "number"],
], "past-heading");

let pastMark = "";

function drawPast() {
  if (!state) return;
  const names = lastDays();
  const days = names.map((day) => numbersOf(day, day === names[names.length - 1]));
  const mark = JSON.stringify(days);
  if (mark === pastMark) return;
  pastMark = mark;
  const sum = (of) => days.reduce((all, day) => all + of(day), 0);
  const runs = sum((day) => day.good + day.bad);
  const most = Math.max(...days.map((day) => day.dollars));
  const runWords = several(runs, "run", "runs") + " ended, " + sum((day) => day.good)
    + " succeeded";
  // Agents that name no price still use tokens.
  const hasPrice = most > 0;
  const moneyWords = hasPrice
    ? (money(sum((day) => day.dollars)) + " spent, at most " + money(most) + " a day")
    : count(sum((day) => day.tokens)) + " tokens; no agent names a price";
  const range = " in " + DAYS + " days until " + names[names.length - 1];
  show(byId("runs-words"), runWords);
  show(byId("money-words"), moneyWords);
  bars(byId("runs-bars"), "Runs by day: " + runWords + range, days,
    (day) => [["good", day.good], ["bad", day.bad]],
    (day) => day.day + ": " + day.good + " succeeded, " + day.bad + " did not");
  bars(byId("money-bars"), "Money by day: " + moneyWords + range, days,
    (day) => [["money", hasPrice ? day.dollars : day.tokens]],
    (day) => day.day + ": " + (money(day.dollars) || "nothing") + ", " + count(day.tokens)
      + " tokens");
  for (const place of document.querySelectorAll(".days")) {
    show(place, { tag: "span", words: names[0] }, { tag: "span", words: names[DAYS - 1] });
  }
  fill(pastTable, days.toReversed().map((day) => [day.day, [
    [day.day], [String(day.good + day.bad)], [String(day.good)], [count(day.tokens)],
    [money(day.dollars) || "$0"]]]));
}
