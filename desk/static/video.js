// The page of a video session: the customer presses once, arrives in the room, and the agent meets them there.

import { NoMicrophoneError, NotBuiltError, Session } from "./video/session.js";
import { $, View } from "./call/view.js";

const LOOK_EVERY_MS = 1_500;
const MEETS_WITHIN_MS = 90_000;
const LAST_WORDS_MS = 400;
const NOBODY = { over: "over", person: "person", closed: "closed" };

const view = new View();
/** The session under way: a Session; null before the press and after the end. */
let session = null;
let stills = false;
/** Whether allowing pictures allows a recording: its label says so then. */
let records = false;
let began = 0;

async function join() {
  const withCamera = $("with-camera").checked;
  const opened = new Session({
    voice: $("voice"),
    self: showSelf,
    peer: showPeer,
    met,
    caption: (said) => view.caption(said.speaker, said.text, said.final),
    ended,
  });
  session = opened;
  view.show("connecting");
  try {
    await opened.listen(withCamera);
  } catch (error) {
    if (!(error instanceof NoMicrophoneError)) throw error;
    return ended("no_microphone");
  }
  const answer = await fetch(`${location.pathname}/enter`, { method: "POST" }).catch(() => null);
  if (!answer) return ended("no_connection");
  if (!answer.ok) return refuse(answer.status === 403 ? "other_browser" : "expired");
  const told = await answer.json();
  view.name(told.bank);
  view.speak(told.language);
  if (told.state in NOBODY) return ended(NOBODY[told.state]);
  stills = told.stills;
  records = told.records === true;
  if (records) relabel();
  try {
    await opened.join(told);
  } catch (error) {
    return ended(error instanceof NotBuiltError ? "not_built" : "no_connection");
  }
  view.online(true);
  setTimeout(() => session === opened && !opened.met && ended("nobody"), MEETS_WITHIN_MS);
  look(opened);
}

/** Look how far the session is until the agent is here and its code is known. */
async function look(opened) {
  while (session === opened) {
    const answer = await fetch(`${location.pathname}/state`).catch(() => null);
    const told = answer?.ok ? await answer.json() : {};
    if (session !== opened) return;
    if (told.state in NOBODY && !opened.met) return ended(NOBODY[told.state]);
    if (told.code) view.code(told.code);
    if (told.code && opened.met) return;
    await new Promise((later) => setTimeout(later, LOOK_EVERY_MS));
  }
}

/** The agent's voice is there. */
function met() {
  began = performance.now();
  view.timer(0);
  view.clearCaptions();
  $("stills-in-call").hidden = !(stills && session.camera);
  view.show("call");
  follow(session);
}

function ended(reason) {
  if (!session) return;
  session.close(reason === "agent_hung_up" ? LAST_WORDS_MS : 0);
  session = null;
  view.code("");
  const key = `ended.${reason === "no_connection" ? "connection" : reason}`;
  view.explain("ended", view.has(`${key}.title`) ? key : "ended.agent_hung_up");
  $("back").hidden = true;
}

function refuse(reason) {
  session?.close(0);
  session = null;
  view.explain("refused", view.has(`refused.${reason}.title`) ? `refused.${reason}` : "refused.expired");
}

function showSelf(stream) {
  $("self-view").srcObject = stream;
  $("self").hidden = stream === null;
  $("camera").setAttribute("aria-pressed", String(stream !== null));
  $("stills-in-call").hidden = !(stills && stream);
}

function showPeer(track) {
  if (track) track.attach($("peer-view"));
  else $("peer-view").srcObject = null;
  $("peer").hidden = !track;
}

/** Say that the picture is recorded, not only stills of it. */
function relabel() {
  const label = $("stills-in-call").querySelector("[data-t]");
  label.dataset.t = "call.record";
  label.textContent = view.t(label.dataset.t);
}

function allowPictures(yes) {
  session?.allowStills(yes, records);
  if (records) $("call-note").textContent = view.t(yes ? "call.recording_on" : "call.recording_off");
}

function setMuted(yes) {
  session?.mute(yes);
  $("mute").setAttribute("aria-pressed", String(yes));
  $("mute").querySelector("use").setAttribute("href", yes ? "#i-mic-off" : "#i-mic");
  const label = $("mute").querySelector("[data-t]");
  label.dataset.t = yes ? "call.unmute" : "call.mute";
  label.textContent = view.t(label.dataset.t);
  $("call-note").textContent = yes ? view.t("call.muted") : "";
}

function follow(followed) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const step = () => {
    if (session !== followed) return;
    view.timer(Math.floor((performance.now() - began) / 1000));
    $("name-card").style.setProperty("--level", (calm.matches ? 0 : followed.loudness()).toFixed(2));
    setTimeout(() => requestAnimationFrame(step), 80);
  };
  step();
}

function listen() {
  $("answer").onclick = join;
  $("decline").onclick = () => view.explain("ended", "ended.declined");
  $("give-up").onclick = () => ended("customer_hung_up");
  $("hang-up").onclick = () => {
    session?.say("hang_up");
    ended("customer_hung_up");
  };
  $("mute").onclick = () => setMuted($("mute").getAttribute("aria-pressed") !== "true");
  $("camera").onclick = async () => {
    if (!(await session?.showPicture(!session.camera))) $("call-note").textContent = view.t("call.no_camera");
  };
  $("keys").onclick = () => {
    $("keypad").hidden = !$("keypad").hidden;
    $("keys").setAttribute("aria-expanded", String(!$("keypad").hidden));
  };
  $("keypad").onclick = ({ target }) => target.dataset.digit && session?.say("dtmf", target.dataset.digit);
  $("person").onclick = () => {
    session?.say("ask_human");
    $("person").disabled = true;
    $("call-note").textContent = view.t("call.person_asked");
  };
  $("stills-now").onchange = () => allowPictures($("stills-now").checked);
}

await view.load();
listen();
document.body.dataset.ready = "yes";
