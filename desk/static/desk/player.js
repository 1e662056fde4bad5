// The recording: play, seek by turn or position, follow the transcript; keys work while the player has the focus.

const STEP = 5;

/** Bring every player under a root to life. */
export function players(root) {
  for (const box of root.querySelectorAll("[data-player]")) new Player(box);
}

/** A link to a turn also puts the focus on it; one that cites it plays it too, where its call has a recording. */
export function followTurnLinks() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-turn-link]");
    const turn = link && document.getElementById(link.dataset.turnLink);
    const seek = turn?.querySelector("[data-seek-turn]");
    // Going to the turn's anchor takes the focus away; it comes back once the browser is there.
    requestAnimationFrame(() => seek?.focus({ preventScroll: true }));
    if (seek && "play" in link.dataset) seek.click();
  });
}

function clock(seconds) {
  const whole = Math.trunc(seconds);
  return `${Math.trunc(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

class Player {
  constructor(box) {
    this.box = box;
    this.audio = box.querySelector("audio");
    this.seek = box.querySelector("[data-seek]");
    this.head = box.querySelector("[data-head]");
    this.shown = box.querySelector("[data-now]");
    this.length = Number(this.seek.max) / 1000;
    this.call = document.getElementById(box.dataset.anchor);
    this.turns = [...this.call.querySelectorAll(".turn")];
    this.now = null;
    this.listen();
  }

  listen() {
    const { audio, box } = this;
    audio.addEventListener("timeupdate", () => this.show());
    audio.addEventListener("seeked", () => this.show());
    audio.addEventListener("play", () => this.playing(true));
    audio.addEventListener("pause", () => this.playing(false));
    audio.addEventListener("error", () => { box.querySelector("[data-failed]").hidden = false; });
    this.seek.addEventListener("input", () => this.to(Number(this.seek.value) / 1000));
    box.querySelector("[data-speed]").addEventListener("change", (event) => { audio.playbackRate = Number(event.target.value); });
    box.addEventListener("click", (event) => this.press(event.target.closest("[data-do]")?.dataset.do));
    box.addEventListener("keydown", (event) => this.key(event));
    this.call.addEventListener("click", (event) => {
      const button = event.target.closest("[data-seek-turn]");
      if (button) this.to(Number(button.dataset.seekTurn) / 1000, true);
    });
  }

  press(what) {
    if (what === "play") this.toggle();
    if (what === "back") this.to(this.audio.currentTime - STEP);
    if (what === "ahead") this.to(this.audio.currentTime + STEP);
    if (what === "previous") this.step(-1);
    if (what === "next") this.step(1);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select")) return;
    const does = { " ": "play", ArrowLeft: "back", ArrowRight: "ahead", j: "next", k: "previous" }[event.key];
    if (!does || (event.key === " " && event.target.matches("button, a"))) return;
    event.preventDefault();
    this.press(does);
  }

  toggle() {
    if (this.audio.paused) this.audio.play().catch(() => this.playing(false));
    else this.audio.pause();
  }

  to(seconds, play = false) {
    this.audio.currentTime = Math.min(Math.max(seconds, 0), this.length);
    this.show();
    if (play && this.audio.paused) this.toggle();
  }

  step(way) {
    const at = this.audio.currentTime * 1000;
    const starts = this.turns.map((turn) => Number(turn.dataset.start));
    const target = way > 0 ? starts.find((start) => start > at + 50) : starts.findLast((start) => start < at - 700);
    this.to((target ?? (way > 0 ? this.length * 1000 : 0)) / 1000);
  }

  playing(on) {
    this.box.classList.toggle("is-playing", on);
    const button = this.box.querySelector('[data-do="play"]');
    button.setAttribute("aria-label", on ? button.dataset.labelPause : button.dataset.labelPlay);
    if (on) {
      for (const other of document.querySelectorAll("[data-player] audio")) if (other !== this.audio) other.pause();
    }
  }

  show() {
    const seconds = this.audio.currentTime;
    const at = seconds * 1000;
    this.shown.textContent = clock(seconds);
    this.seek.value = at;
    this.seek.setAttribute("aria-valuetext", clock(seconds));
    this.head.setAttribute("x", this.length ? (seconds / this.length) * 1000 - 0.8 : 0);
    const now = this.turns.findLast((turn) => Number(turn.dataset.start) <= at + 30 && Number(turn.dataset.end) >= at) ?? null;
    if (now === this.now) return;
    this.mark(this.now, false);
    this.mark(now, true);
    this.now = now;
    if (now && !this.audio.paused) now.scrollIntoView({ block: "nearest" });
  }

  mark(turn, on) {
    if (!turn) return;
    turn.classList.toggle("is-now", on);
    if (on) turn.setAttribute("aria-current", "true");
    else turn.removeAttribute("aria-current");
    this.box.querySelector(`.span[data-turn="${turn.dataset.turn}"]`)?.classList.toggle("is-now", on);
  }
}
