import { once } from "node:events";
import net from "node:net";
import { onTestFinished } from "vitest";
import { portOf } from "../../../../src/kernel/port.ts";

/** A connection that a request has come on. */
export interface RawRequest {
  readonly socket: net.Socket;
  /** How many requests have come on this connection before it. */
  readonly onConnection: number;
}

/** A target that says on a socket whatever a test wants, until the test ends. */
export interface RawTarget {
  readonly url: string;
  /** The methods and paths of the requests that have come. */
  readonly requests: readonly string[];
  readonly connections: number;
}

/** Starts a target that calls `respond` as soon as a request's headers have come, whole or not. */
export async function startRawTarget(respond: (request: RawRequest) => void): Promise<RawTarget> {
  const requests: string[] = [];
  const sockets = new Set<net.Socket>();
  let connections = 0;
  const server = net.createServer((socket) => {
    connections += 1;
    let onConnection = 0;
    sockets.add(socket);
    // A client that has what it needs may reset the connection.
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      const [, request] = /^([A-Z]+ \S+) HTTP\/1\.1\r\n/.exec(chunk.toString("latin1")) ?? [];
      if (request === undefined) return;
      requests.push(request);
      respond({ socket, onConnection: onConnection++ });
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
  return {
    url: `http://127.0.0.1:${portOf(server)}/work`,
    requests,
    get connections() {
      return connections;
    },
  };
}

/** Writes a few bytes at a time, each in a packet of its own as far as TCP allows. */
export async function writeInPieces(socket: net.Socket, text: string): Promise<void> {
  socket.setNoDelay(true);
  const bytes = Buffer.from(text, "latin1");
  const size = Math.max(1, Math.ceil(bytes.length / 10));
  for (let from = 0; from < bytes.length; from += size) {
    await new Promise((resolve) => socket.write(bytes.subarray(from, from + size), resolve));
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}
