// What goes to the server and what is said about it: questions, orders with the token, and the
// events that come as a stream. The token is kept in this tab until it is closed, and nowhere else.

const TOKEN = "token";
const token = () => sessionStorage.getItem(TOKEN);

function keep(text) {
  if (text) sessionStorage.setItem(TOKEN, text);
  else sessionStorage.removeItem(TOKEN);
  byId("forget").hidden = !text;
}

function headers(more) {
  const all = { Accept: "application/json", ...more };
  if (token()) all.Authorization = "Bearer " + token();
  return all;
}

async function ask(path, body) {
  const options = { headers: headers() };
  if (body) {
    options.method = "POST";
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(path, options).catch(() => {
    throw new Error("the server does not answer");
  });
  const value = await answer.json().catch(() => ({ error: "the server's answer is not JSON" }));
  if (answer.ok) return value;
  const error = new Error(value.error + (value.hint ? " (" + value.hint + ")" : ""));
  error.status = answer.status;
  throw error;
}

// MARK: What is wrong, and what was done

const problems = new Map();

// One sentence for each source of trouble; empty: there is none. An alert is spoken each time it
// changes, so that it changes only when its words do.
function complain(source, words) {
  if (words) problems.set(source, words);
  else problems.delete(source);
  show(byId("problem"), [...problems.values()].map((one) => ({ tag: "p", words: one })));
  byId("problem").hidden = problems.size === 0;
}

function say(words) {
  show(byId("said"), words);
  byId("said").hidden = !words;
}

// MARK: Asking a person

const dialog = byId("ask");

// Resolves to whether it was answered with yes; of the token, to what was typed.
function question(words, isForToken) {
  show(byId("ask-words"), words);
  byId("ask-field").hidden = !isForToken;
  byId("token").value = "";
  show(byId("yes"), isForToken ? "Use it" : "Yes");
  show(byId("no"), isForToken ? "Leave it" : "No");
  dialog.returnValue = "no";
  dialog.showModal();
  (isForToken ? byId("token") : byId("yes")).focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const isYes = dialog.returnValue === "yes";
      const answer = isForToken ? isYes && byId("token").value.trim() : isYes;
      byId("token").value = "";
      resolve(answer);
    }, { once: true });
  });
}

// Whether there is a new token to try after an answer of 401.
async function askForToken(error, purpose) {
  if (error.status !== 401 || dialog.open) return false;
  const given = await question(
    (token() ? "The server does not know that token. " : "") + purpose, true);
  keep(given || "");
  return Boolean(given);
}

// A command, once a person has said yes to it.
async function order(command, body, words) {
  say("");
  complain("order", "");
  if (words && !(await question(words, false))) return;
  await send(command, body);
}

async function send(command, body) {
  try {
    const report = await ask("/api/v1/" + command, body);
    const all = (report.issues || []).map((issue) => issue.key + ": " + issue.sentence);
    say([report.sentence].concat(all).filter(Boolean).join("; ") || "A tick looks now.");
  } catch (error) {
    if (error.status === 401) {
      if (await askForToken(error, "Changes need the server's token.")) return send(command, body);
      complain("order", "Nothing was changed: it needs the server's token.");
      return;
    }
    complain("order", "Nothing was changed: " + error.message);
    return;
  }
  await read();
}

// MARK: News

// The longest time without a sign of life: the server gives one every 15 s.
const QUIET = 40000;

// The events as they come, for as long as the connection holds. Not an EventSource, because that
// could not send the token.
async function listen(hear) {
  const control = new AbortController();
  let watch = setTimeout(() => control.abort(), QUIET);
  try {
    const answer = await fetch("/api/v1/events", {
      headers: headers({ Accept: "text/event-stream" }), signal: control.signal,
    });
    if (!answer.ok) return;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const piece = await reader.read();
      if (piece.done) return;
      clearTimeout(watch);
      watch = setTimeout(() => control.abort(), QUIET);
      const blocks = (rest + piece.value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const fields = Object.fromEntries(block.split("\n").map((line) => {
          const end = line.indexOf(": ");
          return [line.slice(0, end), line.slice(end + 2)];
        }));
        if (fields.event) hear(fields.event, JSON.parse(fields.data));
      }
    }
  } catch {
    // A connection that breaks is tried again by whoever called.
  } finally {
    clearTimeout(watch);
    control.abort();
  }
}
