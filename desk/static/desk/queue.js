// The queue: swap in its parts whenever a case or a running call changes.

import { listen, refresh, soon } from "./page.js";

const update = soon(() => refresh());
let begun = false;
listen("/events", {
  back: update,
  case: update,
  calls: () => { if (begun) update(); begun = true; },
});
