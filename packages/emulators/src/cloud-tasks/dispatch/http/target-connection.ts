import net from "node:net";
import tls from "node:tls";
import type { Address } from "./outgoing-request.ts";

/** What uses a connection at present. */
export interface ConnectionUser {
  received(bytes: Buffer): void;
  /** The target sends no more. */
  ended(): void;
  /** The connection is lost. */
  failed(error: Error): void;
}

/** TCP's own signs of life begin after this long without any other. */
const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelay: 1000 };

/**
 * A connection to a target. It has the same listeners for all its requests: some for each would slow deliveries down
 * measurably.
 */
export class TargetConnection {
  readonly #socket: net.Socket;
  #user: ConnectionUser | undefined;

  /** @param closed called when it has closed. */
  constructor({ isSecure, host, port }: Address, closed: (connection: TargetConnection) => void) {
    const to = { host, port, noDelay: true, ...KEEP_ALIVE };
    // A certificate is for a name.
    const servername = net.isIP(host) ? "" : host;
    this.#socket = isSecure ? tls.connect({ ...to, servername, ALPNProtocols: ["http/1.1"] }) : net.connect(to);
    let hasEnded = false;
    // What comes while nobody uses it, such as the rest of a response, would precede the next response.
    this.#socket.on("data", (bytes) => (this.#user ? this.#user.received(bytes) : this.destroy()));
    this.#socket.on("end", () => {
      hasEnded = true;
      if (this.#user) this.#user.ended();
      else this.destroy();
    });
    this.#socket.on("error", (error) => this.#user?.failed(error));
    this.#socket.on("close", () => {
      closed(this);
      if (!hasEnded) this.#user?.failed(new Error("socket hang up"));
    });
  }

  /** Whether it still seems usable for a request. */
  get isOpen(): boolean {
    return this.#socket.writable;
  }

  /** Whether all that was written has left this process. */
  get isFlushed(): boolean {
    return this.#socket.writableLength === 0;
  }

  /** Begins a use, in place of the one before. A connection that isn't used doesn't keep the process alive. */
  use(user: ConnectionUser | undefined): void {
    this.#user = user;
    if (user) this.#socket.ref();
    else this.#socket.unref();
  }

  /** Sends bytes, and calls back once they have left this process. */
  write(bytes: Buffer, sent?: () => void): void {
    this.#socket.write(bytes, sent && ((error) => error ?? sent()));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Resets the connection, once there is one. */
  reset(): void {
    if (this.#socket.connecting) this.#socket.once("connect", () => this.#socket.resetAndDestroy());
    else this.#socket.resetAndDestroy();
  }
}
