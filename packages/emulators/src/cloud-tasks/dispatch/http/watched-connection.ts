import type http from "node:http";
import type { Socket } from "node:net";

/** Each connection is watched once: a listener for each of its requests would slow deliveries down measurably. */
const watched = new WeakMap<Socket, WatchedConnection>();

/** Watches a request's connection, from the moment it has one. */
export function watchConnection(request: http.ClientRequest): void {
  request.on("socket", beginRequest);
}

/** The connection of a request that is watched. Undefined while it has none. */
export function connectionOf({ socket }: http.ClientRequest): WatchedConnection | undefined {
  return socket ? watched.get(socket) : undefined;
}

function beginRequest(socket: Socket): void {
  const known = watched.get(socket);
  const connection = known ?? new WatchedConnection(socket);
  if (!known) watched.set(socket, connection);
  connection.beginRequest();
}

/** What has gone through a connection for the last request on it. */
class WatchedConnection {
  readonly #socket: Socket;
  #sentBefore = 0;
  #received: Buffer[] = [];
  #isHeadRead = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    // Before Node's own listener, since that reports the error.
    socket.prependListener("data", (chunk: Buffer) => {
      if (!this.#isHeadRead) this.#received.push(chunk);
    });
  }

  beginRequest(): void {
    this.#sentBefore = this.#socket.bytesWritten;
    this.#received = [];
    this.#isHeadRead = false;
  }

  /** Bytes that were written for the request. */
  get sentBytes(): number {
    return this.#socket.bytesWritten - this.#sentBefore;
  }

  /** What came of the response, in case Node's parser refuses its headers. */
  get received(): Uint8Array {
    return Buffer.concat(this.#received);
  }

  /** The headers have been read. */
  forgetReceived(): void {
    this.#received = [];
    this.#isHeadRead = true;
  }
}
