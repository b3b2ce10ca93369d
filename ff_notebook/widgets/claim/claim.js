// The card of a claimed task. Data only ever becomes text (textContent), never markup.

const PHASES = { held: "claimed", lost: "lease lost" };

function make(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

function render({ model, el }) {
  const root = make("section", "ff-claim");
  root.setAttribute("aria-label", "Claimed task");

  const header = make("header", "ff-header");
  const kind = make("b", "ff-kind");
  const id = make("code", "ff-id");
  const phase = make("span", "ff-phase");
  phase.setAttribute("role", "status");
  const lease = make("div", "ff-lease");
  const left = make("span", "ff-left");
  const track = make("span", "ff-track");
  const fill = make("span", "ff-fill");
  track.append(fill);
  lease.append(left, track);
  header.append(kind, id, phase, lease);

  const about = make("div", "ff-about");
  const said = make("p", "ff-said");
  const payload = make("pre", "ff-payload");
  const progress = make("div", "ff-progress");
  const done = make("span", "ff-track");
  const doneFill = make("span", "ff-fill");
  const doneText = make("span", "ff-text");
  done.append(doneFill);
  progress.append(done, doneText);
  const standing = make("p", "ff-standing");
  root.append(header, about, said, payload, progress, standing);
  el.append(root);

  let card = {};
  let ahead = 0; // how far the kernel's clock is ahead of the browser's, ms

  function show() {
    card = model.get("card");
    ahead = card.now - Date.now();
    root.dataset.phase = card.phase;
    kind.textContent = card.kind;
    id.textContent = card.short;
    id.title = card.execution;
    phase.textContent = PHASES[card.phase] ?? card.note;
    const attempt = `attempt ${card.attempt}${card.resumed ? ", resumed" : ""}`;
    about.textContent = [`lane ${card.lane}`, attempt, ...card.tags].join("  ·  ");
    said.textContent = card.said.map((words) => `▸ ${words}`).join("\n");
    said.hidden = !card.said.length;
    payload.textContent = card.payload;
    payload.hidden = !card.payload;
    progress.hidden = card.percent === null && !card.text;
    done.hidden = card.percent === null;
    doneFill.style.width = `${card.percent ?? 0}%`;
    doneText.textContent = [card.percent === null ? "" : `${card.percent} %`, card.text].filter(Boolean).join("  ");
    standing.textContent = `The lease is ${card.standing}`;
    standing.hidden = card.phase !== "lost";
    lease.hidden = card.phase !== "held";
    tick();
  }

  function tick() {
    const rest = Math.max(0, card.expires - Date.now() - ahead);
    left.textContent = rest ? `lease ${Math.ceil(rest / 1000)} s` : "lease overdue, the kernel is silent";
    fill.style.width = `${Math.min(100, (100 * rest) / card.ttl)}%`;
    lease.dataset.overdue = rest === 0;
  }

  model.on("change:card", show);
  const timer = setInterval(tick, 250);
  show();
  return () => {
    clearInterval(timer);
    model.off("change:card", show);
  };
}

export default { render };
