// What every page of the desk does: times in the reader's zone, spans that run, live updates that swap parts in.

const zoned = {
  time: new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" }),
  clock: new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "short", timeStyle: "medium" }),
};

const units = document.documentElement.lang.startsWith("zh")
  ? { d: " 天", h: " 小时", min: " 分钟", s: " 秒" }
  : { d: " d", h: " h", min: " min", s: " s" };

/** A length of time as `3 d 4 h`, `2 h 5 min`, `7 min` or `40 s`, as the server writes it. */
export function span(milliseconds) {
  const seconds = Math.trunc(Math.abs(milliseconds) / 1000);
  const minutes = Math.trunc(seconds / 60);
  const hours = Math.trunc(seconds / 3600);
  const days = Math.trunc(seconds / 86400);
  if (!minutes) return seconds + units.s;
  if (!hours) return minutes + units.min;
  if (!days) return `${hours}${units.h} ${minutes % 60}${units.min}`;
  return `${days}${units.d} ${hours % 24}${units.h}`;
}

function showTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(element.dateTime);
    const format = zoned[element.dataset.style];
    if (format && !Number.isNaN(moment.valueOf())) {
      element.title = element.textContent;
      element.textContent = format.format(moment);
    }
  }
}

function runSpans() {
  const now = Date.now();
  for (const element of document.querySelectorAll("[data-since]")) {
    element.textContent = span(now - new Date(element.dataset.since));
  }
  for (const element of document.querySelectorAll("[data-until]")) {
    const left = new Date(element.dataset.until) - now;
    element.textContent = (left < 0 ? "−" : "") + span(left);
    element.closest("dd, td")?.classList.toggle("is-late", left < 0);
  }
}

function notice(text) {
  const line = document.getElementById("connection");
  line.textContent = text;
  line.hidden = !text;
}

// What the server said in each live part, without what differs from one answer to the next: form numbers, running spans.
const said = new Map();

function essence(part) {
  const copy = part.cloneNode(true);
  for (const field of copy.querySelectorAll("[name=nonce]")) field.removeAttribute("value");
  for (const span of copy.querySelectorAll("[data-since], [data-until]")) span.replaceChildren();
  return copy.innerHTML;
}

/**
 * Fetch this page again and swap in the live parts in which the server says something else than before, except one
 * the reader is working in; everything else stays, so that a recording plays on and no click is lost.
 */
export async function refresh(after) {
  const response = await fetch(location.pathname, { headers: { Accept: "text/html" }, cache: "no-store" });
  if (response.redirected || !response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = page.getElementById(part.id);
    const news = next && essence(next);
    if (!next || said.get(part.id) === news || isKept(part)) continue;
    said.set(part.id, news);
    const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
    const open = [...part.querySelectorAll("details")].map((details) => details.open);
    part.replaceWith(document.adoptNode(next));
    next.querySelectorAll("details").forEach((details, place) => { details.open = open[place] ?? details.open; });
    if (focused) document.getElementById(focused)?.focus();
    showTimes(next);
    after?.(next);
  }
  Object.assign(document.body.dataset, page.body.dataset);
  document.title = page.title;
  runSpans();
}

function isKept(part) {
  const form = part.querySelector("[data-keep]");
  if (!form) return false;
  const touched = [...new FormData(form)].some(([name, value]) => (name === "reason" || name === "action") && value);
  return touched || form.contains(document.activeElement);
}

/** Several calls in a short time become one. */
export function soon(work, milliseconds = 150) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, milliseconds);
  };
}

/**
 * Listen to server-sent events while the page is seen; `back` is called when changes may have been missed.
 * A hidden page gives its connection up, because a browser keeps only six to one host over HTTP/1.1.
 */
export function listen(path, { back, ...handlers }) {
  const words = document.getElementById("connection").dataset;
  let source = null;
  let opened = false;
  let over = false;

  function connect() {
    source = new EventSource(path);
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => handle(JSON.parse(event.data)));
    }
    source.addEventListener("open", () => {
      notice("");
      if (opened) back();
      opened = true;
    });
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) stop();
      else notice(words.stale);
    });
    source.addEventListener("session-over", stop);
  }

  function stop() {
    source.close();
    over = true;
    notice(words.over);
  }

  document.addEventListener("visibilitychange", () => {
    if (over) return;
    if (document.hidden) source.close();
    else connect();
  });
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted && !over) connect(); });
  connect();
}

for (const part of document.querySelectorAll("[data-live]")) said.set(part.id, essence(part));
showTimes(document);
runSpans();
setInterval(runSpans, 1000);

// A reviewer is there to take customers as long as a page is open, also while it is not looked at; then its title says
// that somebody waits.
const PRESENT_MS = 20_000;
setInterval(async () => {
  const response = await fetch("/present", { cache: "no-store" }).catch(() => null);
  if (!response?.ok || response.redirected || !document.hidden) return;
  const { on_hold: waiting } = await response.json();
  document.title = `${waiting ? "● " : ""}${document.title.replace(/^● /, "")}`;
}, PRESENT_MS);
