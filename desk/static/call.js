// The customer's page: waits for a call, rings, takes it, ends it.

import { Live } from "./call/live.js";
import { Media, NoMicrophoneError } from "./call/media.js";
import { Ring } from "./call/ring.js";
import { $, View } from "./call/view.js";

const LAST_WORDS_MS = 400;
const BROKEN = new Set(["no_connection", "audio_lost", "bad_offer", "page_closed"]);

const view = new View();
const ring = new Ring();
let live = null;
/** The call that rings or is up: {id, ice, stills, media, muted, began}; null while there is none. */
let call = null;

const NOTICES = {
  waiting() {
    if (call) endCall("no_connection");
  },

  ringing(notice) {
    clearCall();
    call = { id: notice.call, ice: notice.ice, stills: notice.stills, media: null };
    view.name(notice.bank);
    view.speak(notice.language);
    view.online(true);
    view.code(notice.code);
    $("with-camera").checked = $("allow-stills").checked = false;
    offerStills();
    $("last").hidden = true;
    view.show("ringing");
    ring.start();
  },

  elsewhere(notice) {
    if (call && call.id !== notice.call) return;
    clearCall();
    view.show("elsewhere");
  },

  async answer(notice) {
    const media = current(notice)?.media;
    if (!media) return;
    await media.answered(notice.sdp).catch(() => hangUp("no_connection"));
  },

  up(notice) {
    if (!current(notice)) return;
    call.began = performance.now();
    view.timer(0);
    view.clearCaptions();
    $("call-note").textContent = call.cameraFailed ? view.t("call.no_camera") : "";
    view.show("call");
    follow();
  },

  caption(notice) {
    if (current(notice)) view.caption(notice.speaker, notice.text, notice.final);
  },

  ended(notice) {
    if (!call && view.screen === "elsewhere") view.show("waiting");
    if (current(notice)) endCall(notice.reason);
  },

  expired() {
    refuse("expired");
  },

  refused(notice) {
    refuse(notice.reason);
  },
};

function current(notice) {
  return call && call.id === notice.call ? call : null;
}

function say(type, more = {}) {
  return call !== null && live.send({ type, call: call.id, ...more });
}

async function answer() {
  ring.stop();
  const taken = call;
  if (!say("take")) return;
  view.show("connecting");
  const wanted = $("with-camera").checked;
  taken.media = new Media({ ice: taken.ice, voice: $("voice"), broken: () => hangUp("no_connection"), picture: showSelf });
  try {
    await taken.media.open(wanted);
  } catch (error) {
    if (!(error instanceof NoMicrophoneError)) throw error;
    if (call !== taken) return;
    say("no_microphone");
    endCall("no_microphone");
    return;
  }
  if (call !== taken) return;
  taken.cameraFailed = wanted && !taken.media.camera;
  $("stills-now").checked = taken.stills && wanted && !taken.cameraFailed && $("allow-stills").checked;
  if ($("stills-now").checked) say("stills", { allowed: true });
  const sdp = await taken.media.offer();
  if (call === taken) say("offer", { sdp });
}

function hangUp(reason) {
  say("hang_up");
  endCall(reason);
}

/** The call is over: say why, then wait for the next one. */
function endCall(reason) {
  const unanswered = view.screen === "ringing";
  clearCall(reason === "agent_hung_up" ? LAST_WORDS_MS : 0);
  if (unanswered && reason !== "declined") {
    const missed = reason === "missed" || reason === "cancelled";
    $("last").textContent = missed ? view.t("waiting.missed") : "";
    $("last").hidden = !missed;
    view.show("waiting");
    return;
  }
  const mark = { agent_hung_up: "check", no_microphone: "mic-off" }[reason] ?? "hangup";
  $("ended-mark").querySelector("use").setAttribute("href", `#i-${mark}`);
  const key = `ended.${BROKEN.has(reason) ? "connection" : reason}`;
  view.explain("ended", view.has(`${key}.title`) ? key : "ended.agent_hung_up");
}

/** Nothing of a call stays on the page: no code, no microphone, no ring. */
function clearCall(lastWordsMs = 0) {
  ring.stop();
  call?.media?.close(lastWordsMs);
  call = null;
  view.code("");
  setMuted(false);
  openKeypad(false);
  $("person").disabled = false;
}

function refuse(reason) {
  live.stop();
  clearCall();
  view.explain("refused", view.has(`refused.${reason}.title`) ? `refused.${reason}` : "refused.expired");
}

function showSelf(stream) {
  $("self-view").srcObject = stream;
  $("self").hidden = stream === null;
  $("camera").setAttribute("aria-pressed", String(stream !== null));
  $("stills-in-call").hidden = !(call?.stills && stream);
}

function offerStills() {
  $("stills-choice").hidden = !(call?.stills && $("with-camera").checked);
}

function setMuted(yes) {
  call?.media?.mute(yes);
  $("mute").setAttribute("aria-pressed", String(yes));
  $("mute").querySelector("use").setAttribute("href", yes ? "#i-mic-off" : "#i-mic");
  const label = $("mute").querySelector("[data-t]");
  label.dataset.t = yes ? "call.unmute" : "call.mute";
  label.textContent = view.t(label.dataset.t);
  $("call-note").textContent = yes ? view.t("call.muted") : "";
}

function openKeypad(yes) {
  $("keypad").hidden = !yes;
  $("keys").setAttribute("aria-expanded", String(yes));
}

async function toggleCamera() {
  const media = call?.media;
  if (!media) return;
  try {
    await media.showPicture(!media.camera);
  } catch {
    $("call-note").textContent = view.t("call.no_camera");
  }
}

/** The timer, and the name card that moves with the voice. */
function follow() {
  const followed = call;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const step = () => {
    if (call !== followed) return;
    view.timer(Math.floor((performance.now() - followed.began) / 1000));
    const level = calm.matches ? 0 : Math.min(1, followed.media.loudness() * 3);
    $("name-card").style.setProperty("--level", level.toFixed(2));
    setTimeout(() => requestAnimationFrame(step), 80);
  };
  step();
}

function listen() {
  $("answer").onclick = answer;
  $("decline").onclick = () => {
    say("decline");
    endCall("declined");
  };
  $("give-up").onclick = () => hangUp("declined");
  $("hang-up").onclick = () => hangUp("customer_hung_up");
  $("back").onclick = () => view.show("waiting");
  $("mute").onclick = () => setMuted($("mute").getAttribute("aria-pressed") !== "true");
  $("camera").onclick = toggleCamera;
  $("keys").onclick = () => openKeypad($("keypad").hidden);
  $("keypad").onclick = ({ target }) => target.dataset.digit && say("dtmf", { digit: target.dataset.digit });
  $("person").onclick = () => {
    if (!say("ask_human")) return;
    $("person").disabled = true;
    $("call-note").textContent = view.t("call.person_asked");
  };
  $("with-camera").onchange = offerStills;
  $("stills-now").onchange = () => say("stills", { allowed: $("stills-now").checked });
  $("sound").onclick = () => {
    ring.toggle();
    $("sound").setAttribute("aria-pressed", String(ring.on));
  };
}

await view.load();
listen();
live = new Live(`${location.pathname}/live`, {
  notice: (notice) => NOTICES[notice.type]?.(notice),
  online: (yes) => {
    view.online(yes);
    if (!yes && call) endCall("no_connection");
  },
});
