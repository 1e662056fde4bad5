// A reviewer's line into a call that a worker holds: a LiveKit room of its own, in which only the agent is.

import { Media } from "../call/media.js";
import { silence } from "./page_line.js";

export class NotBuiltError extends Error {}

export class RoomLine {
  constructor(path, options) {
    this.path = path;
    this.options = options;
    this.call = null;
    this.speaks = false;
  }

  /** Join the room; the call comes there. */
  async open() {
    if (this.call) return;
    const { Room, RoomEvent, Track, LocalAudioTrack } = await import("../vendor/livekit-client.esm.mjs").catch(() => {
      throw new NotBuiltError();
    });
    const answer = await fetch(`${this.path}/room`, { cache: "no-store" });
    if (!answer.ok) throw new Error("no room");
    const { url, token } = await answer.json();
    const room = new Room();
    room.on(RoomEvent.TrackSubscribed, (track) => { if (track.kind === "audio") track.attach(this.options.voice); });
    room.on(RoomEvent.Disconnected, () => { if (this.call?.room === room) this.end(""); });
    await room.connect(url, token);
    const track = new LocalAudioTrack(this.speaks ? this.microphone : silence(), undefined, true);
    this.call = { room, track };
    await room.localParticipant.publishTrack(track, { source: Track.Source.Microphone, dtx: false, red: true });
  }

  /** Open the microphone, or close it: whoever listens is heard by nobody. */
  async speak(yes) {
    this.speaks = yes;
    if (yes && !this.microphone) {
      const media = new Media({ picture: () => {} });
      await media.open(false);
      this.microphone = media.microphone;
    }
    await this.call?.track.replaceTrack(yes ? this.microphone : silence(), true);
    if (!yes) this.release();
  }

  release() {
    this.microphone?.stop();
    this.microphone = null;
  }

  end(problem) {
    const { call } = this;
    this.call = null;
    this.release();
    call?.room.disconnect();
    this.options.problem(problem);
  }
}
