// The page's line to the switchboard: one WebSocket that comes back by itself.

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 10_000;
const REFUSED = 4403;

export class Live {
  /**
   * @param {string} path Path of the WebSocket on this host.
   * @param {{notice: (n: object) => void, online: (yes: boolean) => void}} handlers
   */
  constructor(path, handlers) {
    this.handlers = handlers;
    this.address = new URL(path, location.href);
    this.address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.wait = FIRST_WAIT_MS;
    this.stopped = false;
    this.connect();
    addEventListener("online", () => this.hurry());
    addEventListener("pageshow", (event) => event.persisted && this.hurry());
  }

  connect() {
    clearTimeout(this.timer);
    this.timer = null;
    this.socket = new WebSocket(this.address);
    this.socket.onmessage = (event) => {
      this.wait = FIRST_WAIT_MS;
      this.handlers.online(true);
      this.handlers.notice(JSON.parse(event.data));
    };
    this.socket.onclose = (event) => {
      this.socket = null;
      this.handlers.online(false);
      if (event.code === REFUSED || this.stopped) return;
      this.timer = setTimeout(() => this.connect(), this.wait * (0.75 + Math.random() / 2));
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
    };
  }

  hurry() {
    if (!this.socket && this.timer) this.connect();
  }

  /** Send one message; false while the line is down. */
  send(message) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  /** Stay away: the switchboard refused this page. */
  stop() {
    this.stopped = true;
  }
}
