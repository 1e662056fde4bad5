// A soft two-tone ring, made here; only after the customer switched it on, as browsers ask for.

const TONES_HZ = [523.25, 659.25];
const CYCLE_MS = 2_600;

export class Ring {
  constructor() {
    this.context = null;
    this.timer = null;
  }

  get on() {
    return this.context !== null;
  }

  /** Switch sound on or off; call it from a click. */
  toggle() {
    if (this.context) {
      this.stop();
      this.context.close();
      this.context = null;
    } else {
      this.context = new AudioContext();
      this.chime(0.12);
    }
  }

  start() {
    this.stop();
    const once = () => {
      this.chime(0.3);
      navigator.vibrate?.([220, 120, 220]);
    };
    once();
    this.timer = setInterval(once, CYCLE_MS);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
  }

  chime(volume) {
    if (!this.context) return;
    TONES_HZ.forEach((hertz, place) => {
      const begin = this.context.currentTime + place * 0.22;
      const tone = new OscillatorNode(this.context, { frequency: hertz, type: "sine" });
      const gain = new GainNode(this.context, { gain: 0 });
      gain.gain.linearRampToValueAtTime(volume, begin + 0.03);
      gain.gain.exponentialRampToValueAtTime(0.001, begin + 0.9);
      tone.connect(gain).connect(this.context.destination);
      tone.start(begin);
      tone.stop(begin + 1);
    });
  }
}
