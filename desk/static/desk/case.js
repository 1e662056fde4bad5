// One case: swap in what changed, play the recording, show a running call.

import { listen, refresh, soon } from "./page.js";
import { liveCall } from "./live.js";
import { peopleInCall } from "./people.js";
import { followTurnLinks, players } from "./player.js";

const { case: caseId } = document.body.dataset;
const update = soon(() => refresh(players));
const talk = liveCall(document.getElementById("live"));

players(document);
peopleInCall(caseId);
followTurnLinks();
listen(`/cases/${encodeURIComponent(caseId)}/events`, {
  back: update,
  case: ({ seq }) => { if (seq > Number(document.body.dataset.seq)) update(); },
  phase: (state) => { talk.phase(state); update(); },
  line: talk.line,
});
