// Reviewers in a running call: buttons become orders; the page's line carries the voice.

import { NoMicrophoneError } from "../call/media.js";
import { PageLine } from "./page_line.js";
import { NotBuiltError, RoomLine } from "./room_line.js";

/** Follow the buttons of the panel; it is swapped in anew whenever something changes. */
export function peopleInCall(caseId) {
  const notice = document.getElementById("people-problem");
  const words = notice.dataset;
  const problem = (text) => { notice.textContent = text; notice.hidden = !text; };
  const base = `/cases/${encodeURIComponent(caseId)}`;
  // Outside the parts that are swapped in, so that a voice goes on.
  const voice = document.createElement("audio");
  voice.id = "people-voice";
  voice.autoplay = true;
  document.body.append(voice);
  let line = null;

  async function order(button) {
    const { order: kind, line: way } = button.dataset;
    const { formToken: token, in: where } = button.closest("[data-form-token]").dataset;
    problem("");
    if (way === "page" && ["accept", "listen", "take_over"].includes(kind)) {
      const options = { voice, problem, words };
      line ??= where === "room" ? new RoomLine(`${base}/line`, options) : new PageLine(`${base}/line`, options);
      await line.speak(kind !== "listen");
      await line.open();
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

  function said(error) {
    if (error instanceof NoMicrophoneError) return words.microphone;
    return error instanceof NotBuiltError ? words.unbuilt : words.line;
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("#people [data-order]");
    if (!button || button.disabled) return;
    button.disabled = true;
    order(button)
      .catch((error) => problem(said(error)))
      .finally(() => setTimeout(() => { button.disabled = false; }, 1500));
  });
}
