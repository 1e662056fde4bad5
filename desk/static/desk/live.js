// A running call as it is said; texts are set as text, never as markup.

/** Shows phases and lines in the live section. */
export function liveCall(section) {
  const turns = document.getElementById("live-turns");
  const shown = document.getElementById("live-phase");
  const words = new Map(
    [...document.getElementById("live-labels").content.querySelectorAll("[data-key]")]
      .map((word) => [word.dataset.key, word.textContent]),
  );
  const hard = new Set(
    [...document.getElementById("live-labels").content.querySelectorAll("[data-hard]")].map((word) => word.dataset.key),
  );
  const say = (family, code) => words.get(`${family}.${code}`) ?? code;

  function phase({ phase: name }) {
    if (name === "ringing") turns.replaceChildren();
    shown.textContent = section.dataset[name];
    section.hidden = false;
    section.classList.toggle("is-over", name === "ended");
    if (name === "ended") setTimeout(() => { section.hidden = true; turns.replaceChildren(); }, 1500);
  }

  function line(update) {
    section.hidden = false;
    const growing = turns.querySelector(`[data-growing="${update.speaker}"]`);
    if (update.turn !== null) growing?.remove();
    const old = update.turn === null ? growing : turns.querySelector(`[data-turn="${update.turn}"]`);
    const atEnd = turns.scrollTop + turns.clientHeight >= turns.scrollHeight - 40;
    const item = render(update);
    if (old) old.replaceWith(item);
    else place(item, update.turn);
    if (atEnd) turns.scrollTop = turns.scrollHeight;
  }

  function place(item, turn) {
    const after = turn === null ? null : [...turns.children].find((other) => isLater(other, turn));
    turns.insertBefore(item, after ?? null);
  }

  function isLater(other, turn) {
    return other.dataset.growing !== undefined || Number(other.dataset.turn) > turn;
  }

  function render(update) {
    const item = element("li", `turn is-${update.speaker}`);
    if (update.turn === null) {
      item.dataset.growing = update.speaker;
      item.classList.add("is-growing");
    } else {
      item.dataset.turn = update.turn;
    }
    const body = element("div", "turn-body");
    const who = element("p", "turn-who");
    who.append(element("strong", "", section.dataset[update.speaker]));
    for (const act of update.acts) who.append(" ", element("span", "act", say("act", act)));
    if (update.reading) who.append(" ", element("span", "act", say("intent", update.reading.intent)));
    body.append(who, element("p", "said", update.text), notes(update));
    item.append(body);
    return item;
  }

  function notes(update) {
    const line = element("p", "turn-notes");
    for (const { code } of update.reading?.signals ?? []) {
      line.append(element("span", hard.has(`signal.${code}`) ? "tag hard" : "tag warn", say("signal", code)));
    }
    for (const { question, value } of update.reading?.answers ?? []) {
      line.append(element("span", "tag answer", `${say("question", question)}: ${say("value", value)}`));
    }
    if (update.interrupted) line.append(element("span", "tag cut", section.dataset.cut));
    return line;
  }

  return { phase, line };
}

function element(name, className, text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}
