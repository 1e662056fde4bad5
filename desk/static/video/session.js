// A customer in a LiveKit room: microphone, camera, the agent's voice, captions and buttons.

import { encryption } from "../call/encryption.js";

const CAPTIONS = "riskcall.captions";
const CONTROLS = "riskcall.controls";
const STILLS = "riskcall.stills";
const AGENT = "agent";
const VOICE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
const PICTURE = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { max: 15 }, facingMode: "user" };

export class NoMicrophoneError extends Error {}
export class NotBuiltError extends Error {}

export class Session {
  /**
   * @param {{voice: HTMLAudioElement, self: (s: MediaStream|null) => void, peer: (t: object|null) => void,
   *   met: () => void, caption: (said: object) => void, ended: (reason: string) => void}} options
   */
  constructor(options) {
    this.options = options;
    this.met = false;
    this.closed = false;
    this.camera = null;
  }

  /** Take the microphone and, where wanted and possible, the camera; nothing is sent yet. */
  async listen(withCamera) {
    const devices = navigator.mediaDevices;
    if (!devices) throw new NoMicrophoneError();
    let stream = null;
    if (withCamera) stream = await devices.getUserMedia({ audio: VOICE, video: PICTURE }).catch(() => null);
    try {
      stream ??= await devices.getUserMedia({ audio: VOICE });
    } catch {
      throw new NoMicrophoneError();
    }
    this.microphone = stream.getAudioTracks()[0];
    this.useCamera(stream.getVideoTracks()[0] ?? null);
    if (this.closed) this.release();
  }

  /** Join the room and be heard in it. */
  async join({ url, token, key }) {
    const livekit = await import("../vendor/livekit-client.esm.mjs").catch(() => {
      throw new NotBuiltError();
    });
    const { Room, RoomEvent, Track } = livekit;
    this.Track = Track;
    const room = new Room({ encryption: key ? await encryption(livekit, key) : undefined });
    this.room = room;
    room
      .on(RoomEvent.TrackSubscribed, (track, publication, participant) => this.heard(track, participant))
      .on(RoomEvent.TrackUnsubscribed, (track) => track.kind === "video" && this.options.peer(null))
      .on(RoomEvent.DataReceived, (payload, participant, kind, topic) => this.told(payload, participant, topic))
      .on(RoomEvent.Disconnected, (reason) => this.left(reason, livekit.DisconnectReason));
    if (key) await room.setE2EEEnabled(true);
    await room.connect(url, token);
    await room.localParticipant.publishTrack(this.microphone, { source: Track.Source.Microphone, dtx: false, red: true });
    if (this.camera) await this.publishCamera();
  }

  mute(yes) {
    if (this.microphone) this.microphone.enabled = !yes;
  }

  /** Turn the camera on or off; false where it cannot be turned on. */
  async showPicture(yes) {
    if (!yes) {
      if (this.camera) await this.room?.localParticipant.unpublishTrack(this.camera, true);
      this.useCamera(null);
      return true;
    }
    const stream = await navigator.mediaDevices.getUserMedia({ video: PICTURE }).catch(() => null);
    if (!stream) return false;
    this.useCamera(stream.getVideoTracks()[0]);
    if (this.closed) this.release();
    else await this.publishCamera();
    return true;
  }

  /** Tell the agent of a button. */
  say(kind, value = "") {
    this.send(CONTROLS, { kind, value });
  }

  /** Say whether still pictures may be kept and, where the page said so, the moving picture recorded. */
  allowStills(yes, recorded = false) {
    this.send(STILLS, { allowed: yes, recorded: yes && recorded });
  }

  /** Loudness of the agent's voice, 0 to 1. */
  loudness() {
    return Math.min(1, (this.room?.getParticipantByIdentity(AGENT)?.audioLevel ?? 0) * 2);
  }

  /** Stop microphone and camera at once and the voice a moment later, so that last words are heard out. */
  close(afterMs) {
    this.closed = true;
    this.release();
    const end = () => this.room?.disconnect();
    if (afterMs) setTimeout(end, afterMs);
    else end();
  }

  heard(track, participant) {
    if (track.kind === "video") {
      this.options.peer(track);
      return;
    }
    if (participant.identity === AGENT) {
      track.attach(this.options.voice);
      if (!this.met) {
        this.met = true;
        this.options.met();
      }
    } else {
      track.attach();
    }
  }

  told(payload, participant, topic) {
    if (topic !== CAPTIONS || participant?.identity !== AGENT) return;
    this.options.caption(JSON.parse(new TextDecoder().decode(payload)));
  }

  left(reason, reasons) {
    if (this.closed) return;
    const meant = [reasons.ROOM_DELETED, reasons.PARTICIPANT_REMOVED, reasons.ROOM_CLOSED];
    this.options.ended(meant.includes(reason) ? "agent_hung_up" : "no_connection");
  }

  send(topic, said) {
    const payload = new TextEncoder().encode(JSON.stringify(said));
    this.room?.localParticipant.publishData(payload, { reliable: true, topic }).catch(() => {});
  }

  async publishCamera() {
    await this.room?.localParticipant.publishTrack(this.camera, { source: this.Track.Source.Camera });
  }

  useCamera(track) {
    this.camera = track;
    this.options.self(track && !this.closed ? new MediaStream([track]) : null);
  }

  release() {
    this.microphone?.stop();
    this.camera?.stop();
    this.useCamera(null);
  }
}
