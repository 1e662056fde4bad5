// Reviewers in a running call: buttons become orders; the page's line carries the voice.

import { Live } from "../call/live.js";
import { Media, NoMicrophoneError } from "../call/media.js";

/** A track without sound: a listener's microphone is not even opened. */
function silence() {
  const context = new AudioContext();
  const mouth = context.createMediaStreamDestination();
  const nothing = new ConstantSourceNode(context, { offset: 0 });
  // Without a source no packets flow, and a line without packets counts as lost.
  nothing.connect(mouth);
  nothing.start();
  const [track] = mouth.stream.getAudioTracks();
  track.addEventListener("ended", () => context.close());
  return track;
}

/** The page's line into the call; it answers by itself, because the reviewer asked for it. */
class Line {
  constructor(path, { voice, problem, words }) {
    this.options = { voice, problem, words };
    this.call = null;
    this.speaks = false;
    this.ready = new Promise((done) => { this.opened = done; });
    this.live = new Live(path, {
      notice: (notice) => this.hear(notice),
      online: (yes) => { if (!yes && this.call) this.end(words.line); },
    });
  }

  async hear(notice) {
    if (notice.type === "waiting") this.opened();
    if (notice.type === "ringing") await this.take(notice);
    if (this.call?.id !== notice.call) return;
    if (notice.type === "answer") await this.call.media.answered(notice.sdp).catch(() => this.end(this.options.words.line));
    if (notice.type === "ended") this.end(notice.reason === "agent_hung_up" ? "" : this.options.words.line);
  }

  async take({ call: id, ice }) {
    const media = new Media({ ice, voice: this.options.voice, broken: () => this.end(this.options.words.line), picture: () => {} });
    this.call = { id, media };
    this.live.send({ type: "take", call: id });
    media.microphone = this.speaks ? this.microphone : silence();
    const sdp = await media.offer();
    if (this.call?.id === id) this.live.send({ type: "offer", call: id, sdp });
  }

  /** Open the microphone, or close it: whoever listens is heard by nobody. */
  async speak(yes) {
    this.speaks = yes;
    if (yes && !this.microphone) {
      const media = new Media({ picture: () => {} });
      await media.open(false);
      this.microphone = media.microphone;
    }
    if (!yes) {
      this.microphone?.stop();
      this.microphone = null;
    }
    const sender = this.call?.media.peer?.getSenders().find(({ track }) => track?.kind === "audio");
    await sender?.replaceTrack(yes ? this.microphone : silence());
  }

  end(problem) {
    const { call } = this;
    this.call = null;
    this.microphone?.stop();
    this.microphone = null;
    call?.media.close(call ? 300 : 0);
    this.options.problem(problem);
  }
}

/** Follow the buttons of the panel; it is swapped in anew whenever something changes. */
export function peopleInCall(caseId) {
  const notice = document.getElementById("people-problem");
  const words = notice.dataset;
  const problem = (text) => { notice.textContent = text; notice.hidden = !text; };
  const base = `/cases/${encodeURIComponent(caseId)}`;
  let line = null;

  async function order(button) {
    const { order: kind, line: way } = button.dataset;
    const token = button.closest("[data-form-token]").dataset.formToken;
    problem("");
    if (way === "page" && ["accept", "listen", "take_over"].includes(kind)) {
      line ??= new Line(`${base}/line`, { voice: document.getElementById("people-voice"), problem, words });
      await line.speak(kind !== "listen");
      await line.ready;
    } else if (kind === "hand_back") {
      await line?.speak(false);
    }
    const body = new URLSearchParams({ form_token: token, order: kind, line: way });
    const response = await fetch(`${base}/people`, { method: "POST", body });
    if (response.ok) return;
    const answer = await response.json().catch(() => ({}));
    problem(answer.message ?? words.line);
    if (!line?.call) await line?.speak(false);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("#people [data-order]");
    if (!button || button.disabled) return;
    button.disabled = true;
    order(button)
      .catch((error) => problem(error instanceof NoMicrophoneError ? words.microphone : words.line))
      .finally(() => setTimeout(() => { button.disabled = false; }, 1500));
  });
}
