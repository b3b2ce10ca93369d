// The inbox: one row for each waitpoint. Data only ever becomes text (textContent), never markup.

const NEWS_EVERY = 2000; // ms between two questions for news
const PATIENCE = 15000; // ms after which an unanswered question is asked again
const SOON = 60000; // ms left from which on the clock warns

const OUTCOMES = { approved: "Approved", rejected: "Rejected", gone: "No longer open" };

function make(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

function timeLeft(ms) {
  const seconds = Math.floor(ms / 1000);
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  return `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
}

function timeOfDay(ms) {
  return new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/** One waitpoint. `decide(verdict, comment)` sends what was clicked. */
function createRow(decide) {
  const root = make("li", "ff-row");

  const title = make("div", "ff-title");
  const kind = make("b", "ff-kind");
  const id = make("code", "ff-id");
  const lane = make("span", "ff-lane");
  title.append(kind, id, lane);
  const about = make("div", "ff-about");

  const clock = make("div", "ff-clock");
  const left = make("span", "ff-left");
  const then = make("span", "ff-then");
  clock.append(left, then);

  const payload = make("pre", "ff-payload");

  const comment = make("input", "ff-comment");
  comment.placeholder = "Comment (optional)";
  comment.maxLength = 4096;
  const approve = make("button", "ff-approve", "Approve");
  const reject = make("button", "ff-reject", "Reject");
  const form = make("div", "ff-form");
  form.dataset.lmSuppressShortcuts = "true"; // letters typed here are not commands of the notebook
  form.append(comment, reject, approve);

  const outcome = make("div", "ff-outcome");
  const badge = make("span", "ff-badge");
  const note = make("span", "ff-note");
  outcome.append(badge, note);
  outcome.setAttribute("role", "status");

  root.append(title, clock, about, payload, form, outcome);

  let item = {};
  let clicked = false;
  const click = (verdict) => {
    if (clicked || item.state !== "open") return;
    clicked = true;
    show();
    decide(verdict, comment.value);
  };
  approve.onclick = () => click("approve");
  reject.onclick = () => click("reject");

  function show() {
    const state = clicked ? "sending" : item.state;
    root.dataset.state = state;
    kind.textContent = item.kind;
    id.textContent = item.short;
    id.title = item.execution;
    lane.textContent = item.lane;
    about.textContent = `waits for ${item.why} since ${timeOfDay(item.since)}, asked by the ${item.by}`;
    payload.textContent = item.payload;
    payload.hidden = !item.payload;
    for (const control of [comment, approve, reject]) control.disabled = state !== "open";
    approve.setAttribute("aria-label", `Approve ${item.kind} ${item.short}`);
    reject.setAttribute("aria-label", `Reject ${item.kind} ${item.short}`);
    comment.setAttribute("aria-label", `Comment on ${item.kind} ${item.short}`);
    badge.textContent = state === "sending" ? "Sending…" : (OUTCOMES[state] ?? "");
    badge.hidden = !badge.textContent;
    note.textContent = item.note;
    const done = state in OUTCOMES;
    form.hidden = done;
    clock.hidden = done;
  }

  return {
    root,
    update(next) {
      if (next.state !== "open" || next.note !== item.note) clicked = false;
      item = next;
      show();
    },
    tick(now) {
      const rest = item.until === null ? Infinity : item.until - now;
      left.textContent = rest === Infinity ? "no time limit" : rest > 0 ? timeLeft(rest) : "time is up";
      then.textContent = rest === Infinity ? "" : `${rest > 0 ? "left, then" : "now"} ${item.then}`;
      clock.dataset.urgency = rest === Infinity ? "none" : rest < SOON ? "soon" : "some";
    },
  };
}

function render({ model, el }) {
  const root = make("section", "ff-inbox");
  root.setAttribute("aria-label", "Inbox");
  const header = make("header", "ff-header");
  const count = make("span", "ff-count");
  const fault = make("span", "ff-fault");
  fault.setAttribute("role", "alert");
  header.append(make("b", "ff-name", "Inbox"), count, fault);
  const list = make("ul", "ff-list");
  const empty = make("p", "ff-empty", "Nothing waits for a decision.");
  root.append(header, list, empty);
  el.append(root);

  const rows = new Map();
  let ahead = 0; // how far the kernel's clock is ahead of the browser's, ms
  let askedAt = 0; // when the question was asked that is not answered yet

  function showRows() {
    const items = model.get("rows");
    const known = new Set(items.map((item) => item.id));
    for (const [id, row] of rows) {
      if (!known.has(id)) {
        row.root.remove();
        rows.delete(id);
      }
    }
    for (const item of items) {
      if (!rows.has(item.id)) {
        const row = createRow((op, comment) => model.send({ op, id: item.id, comment }));
        rows.set(item.id, row);
        list.append(row.root);
      }
      rows.get(item.id).update(item);
    }
    const open = items.filter((item) => item.state === "open" || item.state === "sending").length;
    const hidden = model.get("hidden");
    count.textContent = open ? `${open} waiting${hidden ? `, ${hidden} more not shown` : ""}` : "nothing waits any more";
    count.hidden = !items.length;
    empty.hidden = items.length > 0;
    tick();
  }

  function showFault() {
    fault.textContent = model.get("fault");
  }

  function hearNews() {
    askedAt = 0;
    ahead = model.get("now") - Date.now();
  }

  function tick() {
    const now = Date.now() + ahead;
    for (const row of rows.values()) row.tick(now);
  }

  function askForNews() {
    if (document.hidden || (askedAt && Date.now() - askedAt < PATIENCE)) return;
    askedAt = Date.now();
    model.send({ op: "refresh" });
  }

  const listeners = { "change:rows": showRows, "change:hidden": showRows, "change:fault": showFault, "change:now": hearNews };
  for (const [event, listener] of Object.entries(listeners)) model.on(event, listener);
  const timers = [setInterval(tick, 250), setInterval(askForNews, NEWS_EVERY)];
  showRows();
  showFault();
  askForNews();

  return () => {
    timers.forEach(clearInterval);
    for (const [event, listener] of Object.entries(listeners)) model.off(event, listener);
  };
}

export default { render };
