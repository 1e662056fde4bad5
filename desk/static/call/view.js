// What the customer sees: one screen at a time, words from the data files, captions, timer.

const MOST_CAPTIONS = 60;
const HTML_LANGUAGE = { en: "en", zh: "zh-Hans" };

export const $ = (id) => document.getElementById(id);

export class View {
  constructor() {
    this.body = document.body;
    this.bank = this.body.dataset.bank;
    this.words = {};
    this.texts = {};
  }

  /** Load the words of every language once, so that a ringing call need not wait for them. */
  async load() {
    await Promise.all(
      Object.keys(HTML_LANGUAGE).map(async (language) => {
        const { strings, ownStrings } = this.body.dataset;
        const sources = strings === ownStrings ? [strings] : [strings, ownStrings];
        const parts = sources.map(async (source) => (await fetch(`${source}.${language}.json`)).json());
        this.texts[language] = Object.assign({}, ...(await Promise.all(parts)));
      }),
    );
    this.speak(this.body.dataset.language);
  }

  t(key) {
    return (this.words[key] ?? key).replace("{bank}", this.bank);
  }

  has(key) {
    return key in this.words;
  }

  /** Put every word of the page into a language. */
  speak(language) {
    this.words = this.texts[language] ?? this.texts.en;
    document.documentElement.lang = HTML_LANGUAGE[language] ?? "en";
    for (const element of document.querySelectorAll("[data-t]")) element.textContent = this.t(element.dataset.t);
    for (const element of document.querySelectorAll("[data-t-label]")) {
      element.setAttribute("aria-label", this.t(element.dataset.tLabel));
    }
    this.title();
  }

  name(bank) {
    this.bank = bank;
    for (const element of document.querySelectorAll("[data-bank-name]")) element.textContent = bank;
  }

  /** Show one screen and put the focus on its heading, so that it is read out. */
  show(screen) {
    if (this.body.dataset.screen === screen) return;
    this.body.dataset.screen = screen;
    for (const section of document.querySelectorAll("[data-view]")) section.hidden = section.dataset.view !== screen;
    this.title();
    document.querySelector(`[data-view="${screen}"] h1`)?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  get screen() {
    return this.body.dataset.screen;
  }

  title() {
    const key = { ringing: "page.title_ringing", call: "page.title_call" }[this.screen] ?? "page.title";
    document.title = this.t(key);
  }

  online(yes) {
    $("online").textContent = this.t(yes ? "online.yes" : "online.no");
    $("online").classList.toggle("off", !yes);
  }

  /** The number that the caller can read out: digits apart for the eye and the screen reader. */
  code(digits) {
    for (const element of document.querySelectorAll("[data-code]")) {
      element.replaceChildren(...[...digits].map((digit) => Object.assign(document.createElement("span"), { textContent: digit })));
    }
  }

  /** Words under a screen: why a call ended, why the page is refused. */
  explain(screen, key) {
    $(`${screen}-title`).textContent = this.t(`${key}.title`);
    $(`${screen}-lead`).textContent = this.t(`${key}.lead`);
    this.show(screen);
  }

  caption(speaker, text, final) {
    const log = $("captions");
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
    const partial = log.querySelector(`li[data-speaker="${speaker}"][aria-hidden]`);
    const line = final || !partial ? this.line(speaker) : partial;
    if (final) partial?.remove();
    else line.setAttribute("aria-hidden", "true");
    line.lastChild.textContent = text;
    if (!line.isConnected) log.append(line);
    while (log.children.length > MOST_CAPTIONS) log.firstChild.remove();
    if (atEnd) log.scrollTop = log.scrollHeight;
  }

  line(speaker) {
    const line = document.createElement("li");
    line.dataset.speaker = speaker;
    const who = document.createElement("span");
    who.className = "speaker";
    who.textContent = this.t(speaker === "agent" ? "call.assistant" : "call.you");
    line.append(who, document.createElement("span"));
    return line;
  }

  clearCaptions() {
    $("captions").replaceChildren();
  }

  timer(seconds) {
    $("timer").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }
}
