// The page: reads the state as JSON, draws it, and reads it again when the server says that something
// changed. Everything that comes from an issue or an agent becomes text nodes, never markup, and only
// addresses that begin with http(s):// become links.
"use strict";
(() => {
  const main = document.getElementById("main");
  const said = document.getElementById("said");
  const problem = document.getElementById("problem");
  const dialog = document.getElementById("ask");
  let state = null;
  let stream = null;
  let log = null;
  const shown = { queue: 50, done: 20, other: 50 };

  // A child that is a string becomes text.
  function make(name, attributes, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (key === "onclick") element.addEventListener("click", value);
      else element.setAttribute(key, value === true ? "" : String(value));
    }
    for (const child of children.flat()) {
      if (child !== null && child !== undefined && child !== "") element.append(child);
    }
    return element;
  }

  function link(address, words) {
    const isSafe = /^https?:\/\//i.test(address || "");
    return isSafe ? make("a", { href: address, rel: "noopener noreferrer" }, words) : words;
  }

  const money = (dollars) => (dollars ? "$" + dollars.toFixed(2) : "");
  const count = (number) =>
    number >= 1e6 ? (number / 1e6).toFixed(1) + "M" : number >= 1e3 ? Math.round(number / 1e3) + "k" : String(number);

  // How long ago, or in how long.
  function age(time) {
    if (!time) return "";
    const seconds = (Date.parse(state.at) - Date.parse(time)) / 1000;
    const size = Math.abs(seconds);
    const [amount, unit] = size < 90 ? [size, "s"] : size < 5400 ? [size / 60, "min"] : size < 129600 ? [size / 3600, "h"] : [size / 86400, "d"];
    const words = Math.round(amount) + " " + unit;
    return make("time", { datetime: time, title: time }, seconds < -1 ? "in " + words : words);
  }

  // MARK: Asking

  async function ask(path, order) {
    const headers = { Accept: "application/json" };
    const token = sessionStorage.getItem("token");
    if (token) headers.Authorization = "Bearer " + token;
    const options = { headers };
    if (order) {
      options.method = "POST";
      headers["Content-Type"] = "application/json";
      options.body = JSON.stringify(order);
    }
    const answer = await fetch(path, options);
    const value = await answer.json().catch(() => ({ error: "no JSON came" }));
    if (answer.ok) return value;
    const error = new Error(value.error + (value.hint ? " (" + value.hint + ")" : ""));
    error.status = answer.status;
    error.value = value;
    throw error;
  }

  function complain(error) {
    problem.textContent = error ? error.message : "";
    problem.hidden = !error;
  }

  // A dialog with a question, or for the token; resolves to whether it was answered with yes.
  function question(words, isForToken) {
    document.getElementById("ask-words").textContent = words;
    document.getElementById("ask-field").hidden = !isForToken;
    const field = document.getElementById("token");
    field.value = "";
    dialog.returnValue = "no";
    dialog.showModal();
    if (isForToken) field.focus();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => {
        const isYes = dialog.returnValue === "yes";
        if (isYes && isForToken) sessionStorage.setItem("token", field.value);
        field.value = "";
        resolve(isYes);
      }, { once: true });
    });
  }

  async function order(command, body, words) {
    if (!(await question(words, false))) return;
    await send(command, body);
  }

  async function send(command, body) {
    try {
      const report = await ask("/api/v1/" + command, body);
      const parts = [report.sentence].concat((report.issues || []).map((issue) => issue.key + ": " + issue.sentence));
      said.textContent = parts.filter(Boolean).join("; ") || "done";
      complain(null);
      await read();
    } catch (error) {
      if (error.status === 401 && (await question("This needs the server's token.", true))) return send(command, body);
      complain(error);
    }
  }

  // MARK: The list

  function section(title, items, columns, key) {
    if (items.length === 0) return null;
    const most = shown[key] || Infinity;
    const id = "list-" + title.replace(/\W+/g, "-");
    const rows = items.slice(0, most).map((item) =>
      make("tr", {}, columns.map(([name, cell, kind]) => make("td", { class: kind, "data-name": name }, cell(item)))));
    const more = items.length > most
      ? make("button", { class: "more", type: "button", onclick: () => { shown[key] += 200; draw(); } }, "Show more of " + items.length)
      : null;
    return make("section", { "aria-labelledby": id },
      make("h2", { id }, title + " (" + items.length + ")"),
      make("table", {},
        make("thead", {}, make("tr", {}, columns.map(([name, , kind]) => make("th", { scope: "col", class: kind }, name)))),
        make("tbody", {}, rows)),
      more);
  }

  const issue = ["Issue", (item) => make("a", { href: "#/" + encodeURIComponent(item.id) }, item.key), "key"];
  const title = ["Title", (item) => item.title];
  const why = ["Why", (item) => [make("code", {}, item.code), " ", item.sentence]];
  const since = ["Since", (item) => age(item.since), "number"];
  const cost = ["Cost", (item) => money(item.cost_usd + item.running_cost_usd), "number"];

  function list() {
    const of = (...groups) => state.items.filter((item) => groups.includes(item.group));
    const queue = of("waiting", "retrying").sort((one, two) =>
      (one.queue_position || 1e9) - (two.queue_position || 1e9));
    const live = [
      ["Phase", (item) => item.live ? make("span", { class: "busy" }, (item.live.phase || item.live.life) + (item.live.turn ? ", turn " + item.live.turn : "")) : ""],
      ["Last", (item) => item.live ? item.live.last_event : ""],
      ["Tokens", (item) => item.live ? count(item.live.tokens) : "", "number"],
      ["Cost", (item) => item.live ? money(item.live.cost_usd) : "", "number"],
      ["For", (item) => item.live ? age(item.live.started_at) : "", "number"],
    ];
    const parts = [
      section("Needs you", of("parked"), [issue, title, why, since, cost]),
      section("Running", of("running"), [issue, title, ...live]),
      section("Queue", queue, [["Place", (item) => item.queue_position || "", "number"], issue, title, why, ["Again", (item) => age(item.retry_at), "number"]], "queue"),
      section("Handed off", of("handed_off"), [issue, title, ["Pull request", (item) => item.pull_request ? link(item.pull_request, "#" + item.pull_request.split("/").pop()) : "owed"], since, cost]),
      section("Done", of("done"), [issue, title, ["When", (item) => age(item.done_at), "number"], cost], "done"),
      section("Left out", of("unlisted"), [issue, title, why], "other"),
    ].filter(Boolean);
    if (parts.length === 0) parts.push(make("p", {}, "No issue has been seen yet."));
    return parts.concat([make("section", { "aria-labelledby": "spent" }, make("h2", { id: "spent" }, "Money by day"), make("div", { id: "chart" }))]);
  }

  function draw() {
    const name = decodeURIComponent(location.hash.replace(/^#\/?/, ""));
    const hold = state.holds.filter((one) => !one.has_passed).map((one) => one.why || one.kind).join("; ");
    const words = [
      state.counts.running + " of " + (state.max_concurrent ?? "?") + " running", state.counts.parked + " need you",
      state.counts.waiting + state.counts.retrying + " waiting", money(state.spent_usd_today) + " today".replace(/^ /, state.spent_usd_today ? " " : "nothing spent "),
    ];
    if (hold) words.push("held: " + hold);
    document.getElementById("headline").textContent = words.join(" · ");
    document.getElementById("place").textContent = state.workflow;
    document.title = (state.counts.parked ? "(" + state.counts.parked + ") " : "") + "symphony";
    const isPaused = state.holds.some((one) => one.kind === "pause" && !one.has_passed);
    const button = document.getElementById("pause");
    button.textContent = isPaused ? "Resume" : "Pause";
    button.dataset.command = isPaused ? "resume" : "pause";
    const late = state.late ? { message: "Ticks are missing: is the timer running?" } : null;
    complain(late || (state.workflow_problem ? { message: state.workflow_problem } : null));
    if (name) return drawIssue(name);
    endLog();
    keepFocus(() => main.replaceChildren(...list()));
    chart();
  }

  // What is drawn anew must not take the keyboard's place away.
  function keepFocus(change) {
    const active = document.activeElement;
    const mark = active && main.contains(active) ? active.getAttribute("href") || active.textContent : null;
    change();
    if (!mark) return;
    for (const element of main.querySelectorAll("a, button")) {
      if ((element.getAttribute("href") || element.textContent) === mark) return element.focus({ preventScroll: true });
    }
  }

  async function chart() {
    const place = document.getElementById("chart");
    if (!place) return;
    let days;
    try { days = (await ask("/api/v1/cost?by=day")).rows.slice(-30); } catch { return; }
    if (!document.getElementById("chart")) return;
    const most = Math.max(0, ...days.map((day) => day.cost_usd));
    if (most === 0) return place.replaceChildren(make("p", { class: "dim" }, "No agent has reported dollars."));
    const space = "http://www.w3.org/2000/svg";
    const picture = document.createElementNS(space, "svg");
    picture.setAttribute("viewBox", "0 0 600 120");
    picture.setAttribute("role", "img");
    picture.setAttribute("preserveAspectRatio", "none");
    picture.setAttribute("aria-label", days.map((day) => day.name + " " + money(day.cost_usd)).join(", "));
    const width = 600 / Math.max(days.length, 1);
    days.forEach((day, place) => {
      const bar = document.createElementNS(space, "rect");
      const height = (day.cost_usd / most) * 100;
      for (const [key, value] of [["x", place * width + 1], ["y", 110 - height], ["width", Math.max(1, Math.min(width - 2, 40))], ["height", height]]) bar.setAttribute(key, value);
      const words = document.createElementNS(space, "title");
      words.textContent = day.name + ": " + money(day.cost_usd);
      bar.append(words);
      picture.append(bar);
    });
    place.replaceChildren(picture, make("p", { class: "dim" }, days[0].name + " to " + days[days.length - 1].name + ", at most " + money(most) + " a day"));
  }

  // MARK: One issue

  async function drawIssue(id) {
    const item = state.items.find((one) => one.id === id);
    if (!item) return main.replaceChildren(make("p", {}, "There is no such issue. ", make("a", { href: "#/" }, "All issues")));
    let page = document.getElementById("issue");
    if (!page || page.dataset.id !== id) {
      endLog();
      page = make("article", { id: "issue", "data-id": id },
        make("p", {}, make("a", { href: "#/" }, "All issues")), make("h2", { id: "issue-title", tabindex: "-1" }),
        make("div", { id: "issue-facts" }), make("div", { class: "actions" },
          make("button", { type: "button", onclick: () => order("stop", { issues: [item.id] }, "Stop " + item.key + "? Its run ends, and it waits for a person.") }, "Stop"),
          make("button", { type: "button", onclick: () => order("retry", { issues: [item.id] }, "Let " + item.key + " run again, its counters at zero?") }, "Retry")),
        make("h3", {}, "Why"), make("div", { id: "issue-why" }, make("p", { class: "dim" }, "asking …")),
        make("h3", {}, "Events"), make("div", { id: "issue-events" }),
        make("h3", {}, "Transcript of its last run"), make("div", { id: "issue-log", class: "log", tabindex: "0", role: "log", "aria-label": "Transcript" }));
      main.replaceChildren(page);
      document.getElementById("issue-title").focus();
      ask("/api/v1/why/" + encodeURIComponent(id)).then(drawWhy, (error) => document.getElementById("issue-why").replaceChildren(make("p", { class: "bad" }, error.message)));
    }
    document.getElementById("issue-title").replaceChildren(link(item.url, item.key), " ", item.title);
    const facts = [
      ["Verdict", [make("code", {}, item.code), " ", item.sentence]], ["Runs", item.runs + (item.failures ? ", " + item.failures + " failed in a row" : "")],
      ["Branch", item.branch], ["Pull request", item.pull_request ? link(item.pull_request, item.pull_request) : ""],
      ["Spent", [count(item.tokens + item.running_tokens), " tokens ", money(item.cost_usd + item.running_cost_usd)]],
      ["Workspace", item.workspace || ""], ["Left behind", (item.left_behind || []).join("; ")],
      ["Asked", (item.requests || []).map((one) => one.kind + " by " + one.by).join("; ")],
    ].filter(([, value]) => value && value.length !== 0);
    document.getElementById("issue-facts").replaceChildren(make("dl", {}, facts.map(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]).flat()));
    ask("/api/v1/events?item=" + encodeURIComponent(id)).then((answer) => {
      const place = document.getElementById("issue-events");
      if (!place) return;
      const rows = answer.events.slice(-50).reverse().map((event) => make("tr", {}, make("td", { class: "key" }, make("time", { datetime: event.at }, event.at)), make("td", {}, event.kind), make("td", {}, (event.code ? event.code + ": " : "") + event.sentence)));
      place.replaceChildren(rows.length ? make("table", {}, make("thead", {}, make("tr", {}, ["When", "What", "Words"].map((name) => make("th", { scope: "col" }, name)))), make("tbody", {}, rows)) : make("p", { class: "dim" }, "nothing is on record"));
    }, complain);
    const run = item.live ? item.live.id : item.last_run ? item.last_run.id : null;
    if (run && (!log || log.run !== run)) follow(run);
  }

  function drawWhy(report) {
    const place = document.getElementById("issue-why");
    if (!place) return;
    const rules = (report.rules || []).filter((rule) => rule.outcome !== "not_asked").map((rule) =>
      make("tr", {}, make("td", { class: rule.outcome === "stops" ? "bad" : "good" }, rule.outcome === "stops" ? "stops it" : "passed"), make("td", {}, rule.rule), make("td", {}, [rule.sentence, rule.facts].filter(Boolean).join(" · "))));
    place.replaceChildren(...[
      make("p", {}, (report.code ? report.code + ": " : "") + report.sentence),
      report.to_run ? make("p", {}, "To run: " + report.to_run) : null,
      rules.length ? make("table", {}, make("thead", {}, make("tr", {}, ["Outcome", "Rule", "Facts"].map((name) => make("th", { scope: "col" }, name)))), make("tbody", {}, rules)) : null,
    ].filter(Boolean));
  }

  // The transcript, piece by piece; asked with the token, which an EventSource could not send.
  async function follow(run) {
    endLog();
    const mine = { run };
    log = mine;
    let from = 0;
    const place = document.getElementById("issue-log");
    place.replaceChildren();
    while (log === mine) {
      let piece;
      try { piece = await ask("/api/v1/runs/" + encodeURIComponent(run) + "/log?from=" + from); } catch (error) {
        place.append(make("p", { class: "problem" }, error.message));
        return;
      }
      if (log !== mine) return;
      const isAtEnd = place.scrollTop + place.clientHeight >= place.scrollHeight - 20;
      for (const line of piece.lines) place.append(make("p", { class: line.kind }, make("b", {}, line.kind), " ", line.text));
      while (place.childElementCount > 2000) place.firstElementChild.remove();
      if (isAtEnd) place.scrollTop = place.scrollHeight;
      if (piece.is_over && piece.lines.length === 0) return;
      const isMore = piece.next !== from;
      from = piece.next;
      if (!isMore) await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }

  function endLog() { log = null; }

  // MARK: Coming and going

  async function read() {
    try {
      state = await ask("/api/v1/status");
      draw();
    } catch (error) {
      complain(error);
      if (error.status === 401 && !dialog.open && (await question("Reading from here needs the server's token.", true))) return read();
    }
  }

  // Events come over a stream where the browser may open one; else the state is read every 5 s.
  function listen() {
    if (sessionStorage.getItem("token")) return void setInterval(read, 5000);
    stream = new EventSource("/api/v1/events");
    stream.addEventListener("state", read);
    stream.onerror = () => setTimeout(read, 3000);
  }

  document.getElementById("refresh").addEventListener("click", () => send("refresh", {}));
  document.getElementById("pause").addEventListener("click", (event) => {
    const command = event.currentTarget.dataset.command;
    order(command, {}, command === "pause" ? "Pause? Nothing new starts; what runs goes on." : "Go on?");
  });
  document.getElementById("key").addEventListener("click", () => question("The server's token, for changes.", true));
  window.addEventListener("hashchange", () => state && draw());
  read().then(listen);
})();
