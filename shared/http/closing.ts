import type http from "node:http";
import type { Socket } from "node:net";
import { problemResponse } from "./problem.ts";
import type { CloseOptions } from "./server.ts";

/** What has arrived by the signal has been read when this many turns of the event loop brought nothing new. */
const QUIET_TURNS = 5;
/** New connections may keep coming. After this many milliseconds no more are accepted. */
const ACCEPT_LIMIT_MS = 500;
/** How long the last responses have to reach their clients after the cut-off, in milliseconds. */
const FLUSH_MS = 100;

/** What a client gets whose request had only begun to arrive. */
const UNREAD = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n";

/** What a server needs to close in order. */
export interface Closing {
  /** Calls `listen` for a request that has arrived, at once or, while closing, when all that came with it has been parsed. */
  serve(response: http.ServerResponse, listen: () => void): void;
  /** The app's response, or the cut-off's if that comes first. */
  orCutOff(fetch: (request: Request) => Response | Promise<Response>, request: Request): Promise<Response>;
  close(options?: CloseOptions): Promise<void>;
}

/** A connection: its responses in the order of their requests, and how much had arrived when one was last read or answered. */
interface Connection {
  readonly unanswered: Set<http.ServerResponse>;
  bytesRead: number;
}

/**
 * Closes a server without resetting connections.
 *
 *     close ─▶ accept and read what has arrived ─▶ stop listening ─▶ answer ─▶ cut off what takes too long
 *
 * Node's own close resets what the kernel holds but the process hasn't read yet: connections that wait to be accepted, and
 * requests on connections that seem idle. It also waits for every connection that isn't idle at that moment. One whose
 * response comes later is then kept open for the whole keep-alive time, and one that never sent anything stays open for
 * ever. So here each connection is closed after its last response.
 */
export function closingOf(server: http.Server): Closing {
  const connections = new Map<Socket, Connection>();
  const cutOffs = new Set<(refusal: () => Response) => void>();
  let isClosing = false;
  let hasStopped = false;
  let arrivals = 0;
  const allRead = Promise.withResolvers<void>();

  const closeIdle = (socket: Socket): void => {
    const connection = connections.get(socket);
    if (!hasStopped || !connection || connection.unanswered.size > 0) return;
    if (socket.bytesRead > connection.bytesRead) socket.write(UNREAD);
    socket.destroySoon();
  };
  server.on("connection", (socket: Socket) => {
    arrivals++;
    connections.set(socket, { unanswered: new Set(), bytesRead: 0 });
    socket.once("close", () => connections.delete(socket));
  });

  async function stopListening(): Promise<void> {
    const untilMs = performance.now() + ACCEPT_LIMIT_MS;
    for (let quiet = 0; quiet < QUIET_TURNS && performance.now() < untilMs; quiet++) {
      const before = arrivals;
      await new Promise((resolve) => setImmediate(resolve));
      if (arrivals > before) quiet = -1;
    }
    // Also closes idle connections, of which those that have sent part of a request are none.
    server.close();
    hasStopped = true;
    for (const [socket, { unanswered }] of connections) {
      markLast(unanswered);
      closeIdle(socket);
    }
    allRead.resolve();
  }

  return {
    serve(response, listen) {
      arrivals++;
      const { socket } = response.req;
      const connection = connections.get(socket);
      if (!connection) return listen();
      const { unanswered } = connection;
      unanswered.add(response);
      connection.bytesRead = socket.bytesRead;
      response.once("close", () => {
        unanswered.delete(response);
        connection.bytesRead = socket.bytesRead;
        closeIdle(socket);
      });
      if (!isClosing) return listen();
      // Requests that were sent together are parsed one after the other. Only the last response may close the connection.
      setImmediate(() => {
        markLast(unanswered);
        listen();
      });
    },
    orCutOff(fetch, request) {
      return new Promise((resolve, reject) => {
        const cutOff = (refusal: () => Response): void => resolve(refusal());
        cutOffs.add(cutOff);
        Promise.resolve(request)
          .then(fetch)
          // A response that closes its connection must not come before another request on it has been read.
          .finally(() => (isClosing ? allRead.promise : undefined))
          .then(resolve, reject)
          .finally(() => cutOffs.delete(cutOff));
      });
    },
    async close({ cutOffMs, cutOff = refuse } = {}) {
      isClosing = true;
      const closed = new Promise<void>((resolve) => server.once("close", () => resolve()));
      const timer =
        cutOffMs === undefined
          ? undefined
          : setTimeout(() => {
              for (const give of cutOffs) give(cutOff);
              setTimeout(() => server.closeAllConnections(), FLUSH_MS).unref();
            }, cutOffMs);
      await stopListening();
      await closed;
      clearTimeout(timer);
    },
  };
}

/** Has the last of a connection's responses close it, and no other. One that has begun keeps what it said. */
function markLast(unanswered: ReadonlySet<http.ServerResponse>): void {
  let following = unanswered.size;
  for (const response of unanswered) response.shouldKeepAlive = --following > 0;
}

function refuse(): Response {
  const detail = "This instance is stopping, and the request did not finish in time.";
  const problem = { status: 503, title: "Service unavailable", code: "shutting-down", detail };
  return problemResponse(problem, { "retry-after": "5" });
}
