// Microphone, camera and the WebRTC connection of one call.

const GATHERING_MS = 2_000;
const PICTURE_BITS = 250_000;
const VOICE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
const PICTURE = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { max: 10 }, facingMode: "user" };

export class NoMicrophoneError extends Error {}

export class Media {
  /** @param {{ice: RTCIceServer[], voice: HTMLAudioElement, broken: () => void, picture: (s: MediaStream|null) => void}} options */
  constructor(options) {
    this.options = options;
    this.closed = false;
    this.camera = null;
  }

  /** Take the microphone and, where wanted and possible, the camera. */
  async open(withCamera) {
    if (!navigator.mediaDevices) throw new NoMicrophoneError();
    let stream = null;
    if (withCamera) {
      stream = await navigator.mediaDevices.getUserMedia({ audio: VOICE, video: PICTURE }).catch(() => null);
    }
    try {
      stream ??= await navigator.mediaDevices.getUserMedia({ audio: VOICE });
    } catch {
      throw new NoMicrophoneError();
    }
    this.microphone = stream.getAudioTracks()[0];
    this.useCamera(stream.getVideoTracks()[0] ?? null);
    if (this.closed) this.release();
  }

  /** Session description with every candidate in it. */
  async offer() {
    const peer = new RTCPeerConnection({ iceServers: this.options.ice, bundlePolicy: "max-bundle" });
    this.peer = peer;
    peer.ontrack = ({ track }) => {
      if (track.kind !== "audio") return;
      this.sound = new MediaStream([track]);
      this.options.voice.srcObject = this.sound;
      this.options.voice.play().catch(() => {});
    };
    peer.onconnectionstatechange = () => {
      if (peer.connectionState === "failed" && !this.closed) this.options.broken();
    };
    peer.addTransceiver(this.microphone, { direction: "sendrecv" });
    this.picture = peer.addTransceiver(this.camera ?? "video", {
      direction: "sendonly",
      sendEncodings: [{ maxBitrate: PICTURE_BITS, maxFramerate: 10 }],
    });
    await peer.setLocalDescription();
    await gathered(peer);
    return peer.localDescription.sdp;
  }

  async answered(sdp) {
    await this.peer.setRemoteDescription({ type: "answer", sdp });
  }

  mute(yes) {
    if (this.microphone) this.microphone.enabled = !yes;
  }

  /** Turn the camera on or off during the call; throws where it cannot be turned on. */
  async showPicture(yes) {
    if (!yes) {
      this.camera?.stop();
      this.useCamera(null);
    } else if (!this.camera) {
      const stream = await navigator.mediaDevices.getUserMedia({ video: PICTURE });
      this.useCamera(stream.getVideoTracks()[0]);
      if (this.closed) this.release();
    }
    await this.picture?.sender.replaceTrack(this.camera);
  }

  /** Loudness of what the page hears now, 0 to 1. */
  loudness() {
    const receiver = this.peer?.getReceivers().find(({ track }) => track.kind === "audio");
    return receiver?.getSynchronizationSources()[0]?.audioLevel ?? 0;
  }

  /** Stop microphone and camera at once and the voice a moment later, so that last words are heard out. */
  close(afterMs = 0) {
    this.closed = true;
    this.release();
    const end = () => {
      this.peer?.close();
      if (this.options.voice.srcObject === this.sound) this.options.voice.srcObject = null;
    };
    if (afterMs) setTimeout(end, afterMs);
    else end();
  }

  useCamera(track) {
    this.camera = track;
    this.options.picture(track && !this.closed ? new MediaStream([track]) : null);
  }

  release() {
    this.microphone?.stop();
    this.camera?.stop();
    this.useCamera(null);
  }
}

function gathered(peer) {
  if (peer.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((done) => {
    const timer = setTimeout(done, GATHERING_MS);
    peer.addEventListener("icegatheringstatechange", () => {
      if (peer.iceGatheringState !== "complete") return;
      clearTimeout(timer);
      done();
    });
  });
}
