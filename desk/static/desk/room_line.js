// A reviewer's line into a call that a worker holds: a LiveKit room of its own, in which only the agent is.
// The token lets this page hear; the call lets it send a voice for as long as the reviewer speaks with the customer.

import { encryption } from "../call/encryption.js";
import { Media } from "../call/media.js";

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
    const livekit = await import("../vendor/livekit-client.esm.mjs").catch(() => {
      throw new NotBuiltError();
    });
    const answer = await fetch(`${this.path}/room`, { cache: "no-store" });
    if (!answer.ok) throw new Error("no room");
    const { url, token, key } = await answer.json();
    const { Room, RoomEvent } = livekit;
    const room = new Room({ encryption: key ? await encryption(livekit, key) : undefined });
    room.on(RoomEvent.TrackSubscribed, (track) => { if (track.kind === "audio") track.attach(this.options.voice); });
    room.on(RoomEvent.Disconnected, () => { if (this.call?.room === room) this.end(""); });
    room.on(RoomEvent.ParticipantPermissionsChanged, () => this.permitted());
    if (key) await room.setE2EEEnabled(true);
    await room.connect(url, token);
    this.call = { room, livekit, track: null };
    await this.permitted();
  }

  /** Open the microphone, or close it: whoever listens is heard by nobody. */
  async speak(yes) {
    this.speaks = yes;
    if (yes && !this.microphone) {
      const media = new Media({ picture: () => {} });
      await media.open(false);
      this.microphone = media.microphone;
    }
    if (yes) await this.permitted();
    else await this.release();
  }

  /** What may be sent has changed, or what is wanted: send the voice, or stop. */
  async permitted() {
    const { call } = this;
    if (!call) return;
    const may = call.room.localParticipant.permissions?.canPublish ?? false;
    if (!may && call.track) {
      this.speaks = false;
      await this.release();
    } else if (may && this.speaks && this.microphone && !call.track) {
      const { LocalAudioTrack, Track } = call.livekit;
      call.track = new LocalAudioTrack(this.microphone, undefined, true);
      const options = { source: Track.Source.Microphone, dtx: false, red: true };
      await call.room.localParticipant.publishTrack(call.track, options).catch(() => {
        call.track = null;
        this.options.problem(this.options.words.line);
      });
    }
  }

  async release() {
    const { call, microphone } = this;
    const track = call?.track;
    this.microphone = null;
    if (call) call.track = null;
    microphone?.stop();
    if (track) await call.room.localParticipant.unpublishTrack(track, true).catch(() => {});
  }

  end(problem) {
    const { call } = this;
    this.release();
    this.call = null;
    call?.room.disconnect();
    this.options.problem(problem);
  }
}
