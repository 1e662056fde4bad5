// A reviewer's line into a call of the server's own process: WebRTC to the server.

import { Live } from "../call/live.js";
import { Media } from "../call/media.js";

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
export class PageLine {
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

  /** Wait until it can be rung. */
  open() {
    return this.ready;
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
