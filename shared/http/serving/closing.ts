import type http from "node:http";
import type { Socket } from "node:net";
import { problemResponse } from "../problem.ts";

/** After this many event loop iterations without new data, everything that had arrived has been read. */
const QUIET_TURNS = 5;
/** New connections may keep arriving. After this many milliseconds, no more are accepted. */
const ACCEPT_LIMIT_MS = 500;
/** How long the last responses have to reach their clients after the cut-off, in milliseconds. */
const FLUSH_MS = 100;

/** The response to a request that had only begun to arrive. */
const UNREAD = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n";

/** How a server closes. */
export interface CloseOptions {
  /** How long requests in progress may take, in milliseconds. Default: no limit. */
  readonly cutOffMs?: number;
  /** The response to requests that take longer. Default: 503. */
  readonly cutOff?: () => Response;
  /** Called once no connection is accepted any more, and the only ones left have a request in progress. */
  readonly onRefusing?: () => void;
}

/** A connection: its responses in request order, and how much had arrived when one was last read or answered. */
interface Connection {
  readonly unanswered: Set<http.ServerResponse>;
  bytesRead: number;
}

/**
 * Closes a server without resetting connections.
 *
 *     close ─▶ accept and read what has arrived ─▶ stop listening ─▶ answer ─▶ cut off what takes too long
 *
 * Node's own close resets whatever the kernel holds and the process hasn't read yet: connections that wait to be
 * accepted, and requests on connections that seem idle. It also waits for every connection that isn't idle at that
 * moment. One whose response is sent later then stays open for the whole keep-alive time, and one that never sent
 * anything stays open for ever. Here, each connection is closed after its last response.
 */
export class Closing {
  readonly #server: http.Server;
  readonly #connections = new Map<Socket, Connection>();
  readonly #cutOffs = new Set<(refusal: () => Response) => void>();
  readonly #allRead = Promise.withResolvers<void>();
  #isClosing = false;
  #hasStopped = false;
  #arrivals = 0;

  /** Call this before the server listens. */
  constructor(server: http.Server) {
    this.#server = server;
    server.on("connection", (socket: Socket) => {
      this.#arrivals++;
      this.#connections.set(socket, { unanswered: new Set(), bytesRead: 0 });
      socket.once("close", () => this.#connections.delete(socket));
    });
  }

  /**
   * Calls `listen` for a request that has arrived. While closing, it first waits until everything that arrived with the
   * request has been parsed: only the last response on a connection may close it.
   */
  serve(response: http.ServerResponse, listen: () => void): void {
    this.#arrivals++;
    const { socket } = response.req;
    const connection = this.#connections.get(socket);
    if (!connection) return listen();
    const { unanswered } = connection;
    unanswered.add(response);
    connection.bytesRead = socket.bytesRead;
    response.once("close", () => {
      unanswered.delete(response);
      connection.bytesRead = socket.bytesRead;
      this.#closeIfIdle(socket, connection);
    });
    if (!this.#isClosing) return listen();
    setImmediate(() => {
      markLast(unanswered);
      listen();
    });
  }

  /** Whether a response has begun on a connection, so that no other can be sent on it. */
  isResponding(socket: Socket): boolean {
    return [...(this.#connections.get(socket)?.unanswered ?? [])].some(({ headersSent }) => headersSent);
  }

  /** The app's response, or the cut-off's if that is first. */
  orCutOff(fetch: (request: Request) => Response | Promise<Response>, request: Request): Promise<Response> {
    return new Promise((resolve, reject) => {
      const cutOff = (refusal: () => Response): void => resolve(refusal());
      this.#cutOffs.add(cutOff);
      const end = (settle: () => void): void => {
        this.#cutOffs.delete(cutOff);
        settle();
      };
      // A synchronous throw becomes a rejection.
      const answered = (async () => await fetch(request))();
      void answered.then(
        (response) => this.#onceAllIsRead(() => end(() => resolve(response))),
        (error: unknown) => this.#onceAllIsRead(() => end(() => reject(error))),
      );
    });
  }

  async close({ cutOffMs, cutOff = refuse, onRefusing }: CloseOptions = {}): Promise<void> {
    this.#isClosing = true;
    const closed = new Promise<void>((resolve) => this.#server.once("close", () => resolve()));
    const timer = cutOffMs === undefined ? undefined : setTimeout(() => this.#cutOffAll(cutOff), cutOffMs);
    await this.#readAll();
    // Also closes idle connections, but none that has sent part of a request.
    this.#server.close();
    this.#hasStopped = true;
    for (const [socket, connection] of this.#connections) {
      markLast(connection.unanswered);
      this.#closeIfIdle(socket, connection);
    }
    this.#allRead.resolve();
    onRefusing?.();
    await closed;
    clearTimeout(timer);
  }

  /** A response that closes its connection must wait until every other request on it has been read. */
  #onceAllIsRead(answer: () => void): void {
    if (this.#isClosing) void this.#allRead.promise.then(answer);
    else answer();
  }

  async #readAll(): Promise<void> {
    const untilMs = performance.now() + ACCEPT_LIMIT_MS;
    for (let quiet = 0; quiet < QUIET_TURNS && performance.now() < untilMs; quiet++) {
      const before = this.#arrivals;
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#arrivals > before) quiet = -1;
    }
  }

  #closeIfIdle(socket: Socket, { unanswered, bytesRead }: Connection): void {
    if (!this.#hasStopped || unanswered.size > 0) return;
    if (socket.bytesRead > bytesRead) socket.write(UNREAD);
    socket.destroySoon();
  }

  #cutOffAll(refusal: () => Response): void {
    for (const cutOff of this.#cutOffs) cutOff(refusal);
    setTimeout(() => this.#server.closeAllConnections(), FLUSH_MS).unref();
  }
}

/** Makes the last of a connection's responses close it, and no other. A response that has begun keeps its header. */
function markLast(unanswered: ReadonlySet<http.ServerResponse>): void {
  let following = unanswered.size;
  for (const response of unanswered) response.shouldKeepAlive = --following > 0;
}

function refuse(): Response {
  const detail = "This instance is stopping, and the request did not finish in time.";
  const problem = { status: 503, title: "Service unavailable", code: "shutting-down", detail };
  return problemResponse(problem, { "retry-after": "5" });
}
