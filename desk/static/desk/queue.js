// The queue: swap in its parts whenever a case or a running call changes.

import { listen, refresh, soon } from "./page.js";

const update = soon(() => refresh());
listen("/events", { back: update, case: update, calls: update });
