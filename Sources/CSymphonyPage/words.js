// The page's first part: words, elements and times. The page reads the state as JSON, draws it, and
// reads it again when the server says that something changed. The compiler puts its parts, in the
// order that page.c gives, into one script, so that their names are known to each other.
// Everything that comes from an issue, an agent or a server becomes text nodes, never markup, and
// only addresses that begin with http(s):// become links.
"use strict";

const byId = (id) => document.getElementById(id);

// Marks of direction and other characters that nobody sees turn text around or hide a part of it:
// they are written out, as on the terminal. Joined emoji stay one picture.
const INVISIBLE = new RegExp(
  "(?<![\\p{Emoji_Presentation}\\p{Emoji_Modifier}\\uFE0F])\\u200D"
    + "|(?!\\u200D)[\\p{Cc}\\p{Cf}\\u2028\\u2029]", "gu");

function visible(text) {
  return String(text).replace(INVISIBLE, (one) =>
    one === "\n" || one === "\t"
      ? one : "\\u{" + one.codePointAt(0).toString(16).toUpperCase() + "}");
}

// An element with its attributes; a child that is no element becomes text.
function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== "") {
      element.append(child instanceof Node ? child : visible(child));
    }
  }
  return element;
}

// MARK: Parts: what a place shows, as plain values that can be compared

const code = (words) => words && { tag: "code", words };
const dim = (words) => words && { tag: "span", class: "dim", words };
const foreign = (words) => words && { tag: "bdi", words };
const link = (to, words) => ({ to, words });
const ago = (time) => time && { time, form: "ago" };
const clock = (time) => time && { time, form: "clock" };

function element(part) {
  if (typeof part !== "object") return document.createTextNode(visible(part));
  if (part.time) {
    const time = make("time", {
      datetime: part.time, "data-form": part.form, title: new Date(part.time).toLocaleString(),
    });
    tellTime(time);
    return time;
  }
  if (part.tag) return make(part.tag, { class: part.class }, part.words);
  if (part.to.startsWith("#/")) return make("a", { href: part.to }, part.words);
  return /^https?:\/\//i.test(part.to)
    ? make("a", { href: part.to, rel: "noopener noreferrer" }, part.words)
    : make("bdi", {}, part.words);
}

const drawn = new WeakMap();

// Lets a place show these parts, and touches nothing where they are there already: what stays keeps
// its focus, its selection, and a screen reader's place. Tells whether it changed anything.
function show(place, ...parts) {
  const there = parts.flat().filter((part) => part !== null && part !== undefined && part !== "");
  const mark = JSON.stringify(there);
  if (drawn.get(place) === mark) return false;
  drawn.set(place, mark);
  place.replaceChildren(...there.map(element));
  return true;
}

// MARK: Numbers and times

function money(dollars) {
  if (!dollars) return "";
  return dollars < 0.005 ? "<$0.01" : "$" + dollars.toFixed(2);
}

function count(number) {
  if (number >= 1e6) return (number / 1e6).toFixed(1) + "M";
  return number >= 1e3 ? Math.round(number / 1e3) + "k" : String(number);
}

const several = (number, one, more) => number + " " + (number === 1 ? one : more);

// The server's clock, which ages are counted by; this machine's may be another's.
const serverClock = { at: Date.now(), read: performance.now() };
const now = () => serverClock.at + performance.now() - serverClock.read;

// A span in one unit.
function span(milliseconds) {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 90) return Math.round(seconds) + " s";
  if (seconds < 5400) return Math.round(seconds / 60) + " min";
  return seconds < 129600 ? Math.round(seconds / 3600) + " h" : Math.round(seconds / 86400) + " d";
}

function tellTime(place) {
  const time = Date.parse(place.dateTime);
  const distance = now() - time;
  let words = distance < -1000 ? "in " + span(-distance) : span(distance);
  if (place.dataset.form === "clock") {
    words = new Date(time).toLocaleString(undefined, { dateStyle: "short", timeStyle: "medium" });
  }
  if (place.textContent !== words) place.textContent = words;
}

function tellTimes() {
  for (const place of document.querySelectorAll("time")) tellTime(place);
}

// MARK: Tables

// A table with its columns' names. The roles are the elements' own: they are written because a
// narrow page shows rows as blocks, and some browsers then forget that it is a table.
function table(names, label) {
  const head = names.map(([name, kind]) =>
    make("th", { scope: "col", role: "columnheader", class: kind }, name));
  const body = make("tbody", { role: "rowgroup" });
  const whole = make("table", { role: "table", "aria-labelledby": label },
    make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, head)), body);
  return { whole, body, names, rows: new Map() };
}

// Rows by their keys: those that stay are kept and only their changed cells are drawn.
// `rows`: [key, cells], each cell the parts it shows.
function fill(it, rows) {
  const keys = new Set(rows.map(([key]) => key));
  for (const [key, row] of it.rows) {
    if (!keys.has(key)) {
      row.remove();
      it.rows.delete(key);
    }
  }
  rows.forEach(([key, cells], place) => {
    let row = it.rows.get(key);
    if (!row) {
      row = make("tr", { role: "row" }, it.names.map(([name, kind]) =>
        make("td", { role: "cell", class: kind, "data-name": name })));
      it.rows.set(key, row);
    }
    cells.forEach((parts, column) => show(row.children[column], parts));
    if (it.body.children[place] !== row) it.body.insertBefore(row, it.body.children[place] || null);
  });
}
