import http from "node:http";
import https from "node:https";
import type { Duplex } from "node:stream";

/** The connections to targets. */
export interface Connections {
  readonly http: http.Agent;
  readonly https: https.Agent;
  /** Notes a response, which decides whether its connection may be kept. Call it before the response ends. */
  note(request: http.ClientRequest, response: http.IncomingMessage): void;
  /**
   * Calls back once Node has read whatever had arrived by now, such as the end of a kept connection: it looks between two
   * turns of the event loop.
   */
  look(callback: () => void): void;
  /** Closes all connections. */
  close(): void;
}

/**
 * How many requests wait for a look at once. If all did, the emulator and its targets would work by turns, and the rate of
 * deliveries would halve. Those beyond are sent at once.
 */
const MOST_LOOKING = 16;

/** For each target. */
const MAX_IDLE_CONNECTIONS = 512;

/** A server may promise more; a kept connection is closed after this long without use. */
const IDLE_CONNECTION_MS = 4000;

/**
 * Creates connections that are used again only while their server has promised to keep them open, by the header
 * Keep-Alive: timeout=5, say.
 *
 * Any other server may close a connection at the moment in which the next request is sent. Nobody can then tell a request
 * that was never read from one whose handler crashed: to send it again could run a handler twice in one attempt, and not to
 * could lose a task of one attempt. On a new connection the question doesn't arise.
 */
export function createConnections(): Connections {
  const promised = new WeakSet<Duplex>();
  let looking = 0;
  const options = { keepAlive: true, maxFreeSockets: MAX_IDLE_CONNECTIONS, timeout: IDLE_CONNECTION_MS };
  const agents = { http: new http.Agent(options), https: new https.Agent(options) };
  keepPromisedOnly(agents.http, promised);
  keepPromisedOnly(agents.https, promised);
  return {
    ...agents,
    note(request, response) {
      const { socket } = request;
      if (!socket) return;
      if (isPromise(response.headers["keep-alive"]) && !mayHaveStrayBody(request, response)) promised.add(socket);
      else promised.delete(socket);
    },
    look(callback) {
      if (looking >= MOST_LOOKING) {
        callback();
        return;
      }
      looking += 1;
      setImmediate(() =>
        setImmediate(() => {
          looking -= 1;
          callback();
        }),
      );
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/** Node's agent honours the period itself, less a second (https://nodejs.org/api/http.html#new-agentoptions). */
const isPromise = (header: string | string[] | undefined): boolean => /\btimeout=0*[1-9]/.test(String(header));

/** Responses without a body (RFC 9112, section 6.3), after which some servers send one: it would precede the next response. */
function mayHaveStrayBody(request: http.ClientRequest, { statusCode, headers }: http.IncomingMessage): boolean {
  if (request.method === "HEAD") return true;
  if (statusCode !== 204 && statusCode !== 304) return false;
  return headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
}

/** An agent asks this when a connection becomes free (https://nodejs.org/api/http.html#agentkeepsocketalivesocket). */
function keepPromisedOnly(agent: http.Agent, promised: WeakSet<Duplex>): void {
  const keep: (socket: Duplex) => unknown = agent.keepSocketAlive.bind(agent);
  agent.keepSocketAlive = (socket) => promised.has(socket) && keep(socket);
}
