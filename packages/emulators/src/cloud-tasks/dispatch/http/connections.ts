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
   * turns of the event loop. At once in an emulator under load.
   */
  look(callback: () => void): void;
  /** Closes all connections. */
  close(): void;
}

/**
 * Beyond this rate, requests are sent without a look: the turns of the event loop would cost a loaded emulator an eighth of
 * its time.
 */
const MOST_LOOKS_A_SECOND = 200;

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
  let looks = 0;
  let looksSinceMs = 0;
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
      const nowMs = performance.now();
      if (nowMs - looksSinceMs > 1000) {
        looksSinceMs = nowMs;
        looks = 0;
      }
      looks += 1;
      if (looks > MOST_LOOKS_A_SECOND) callback();
      else setImmediate(() => setImmediate(callback));
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
