import http from "node:http";
import https from "node:https";
import { urlToHttpOptions } from "node:url";
import type { Clock } from "../../../kernel/clock.ts";
import type { QueuedTask } from "../attempt-outcome.ts";
import type { DeliveryAbort } from "./delivery-abort.ts";
import type { TokenMaker } from "./delivery-token.ts";
import type { Answered, Delivered, HeaderPairs } from "../../testing/delivered.ts";
import { dispatchHeaders } from "./dispatch-headers.ts";
import { withQueueTarget } from "./queue-override.ts";
import type { OpenAttempt } from "../../testing/history.ts";
import { retryAfterMs } from "../retry-after.ts";
import type { HttpTarget, Task } from "../../state/task.ts";

/**
 * How to send a request: normally; or, for a fault, resetting the connection before anything is sent, or timing out as
 * soon as the request is sent, while the worker goes on.
 */
export type Manner = "normal" | "reset" | "timeout";

/** How to make one delivery. */
export interface Sending {
  readonly abort: DeliveryAbort;
  /** Receives what is sent. */
  readonly record: OpenAttempt;
  /** Default `normal`. */
  readonly manner?: Manner;
}

/** Delivers tasks by HTTP. */
export interface Sender {
  /** Sends one request and waits for the whole response, at most until the task's dispatch deadline. Never rejects. */
  deliver(queued: QueuedTask, sending: Sending): Promise<Delivered>;
  /** Closes idle connections. */
  close(): void;
}

/** For each target. */
const MAX_IDLE_CONNECTIONS = 512;

/** Less than the 5 s after which a Node server would close an idle connection, perhaps just as a request is sent. */
const IDLE_CONNECTION_MS = 4000;

/** How much of a response's body to keep. */
const MOST_RESPONSE_BYTES = 16 * 1024;

/** Creates a sender. It treats redirects as any other response, and doesn't follow them. */
export function createSender(deps: { clock: Clock; authorize: TokenMaker }): Sender {
  const agentOptions = { keepAlive: true, maxFreeSockets: MAX_IDLE_CONNECTIONS, timeout: IDLE_CONNECTION_MS };
  const agents = { http: new http.Agent(agentOptions), https: new https.Agent(agentOptions) };
  const deliver = async ({ queue, task: stored }: QueuedTask, sending: Sending): Promise<Delivered> => {
    try {
      const task = withQueueTarget(stored, queue.settings.config.httpTarget);
      const { token, url } = task.target;
      const { queueId } = queue.name;
      const authorization = token ? await deps.authorize(token, url) : undefined;
      const headers = dispatchHeaders(task, { queueId, ...(authorization === undefined ? {} : { authorization }) });
      recordRequest(sending.record, { task, headers, authorization });
      return await send({ ...sending, task, headers, clock: deps.clock, agents });
    } catch (error) {
      return unreachable(error);
    }
  };
  return {
    deliver(queued, sending) {
      const delivered = deliver(queued, sending);
      deps.clock.hold?.(delivered);
      return delivered;
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

function recordRequest(
  record: OpenAttempt,
  { task, headers, authorization }: { task: Task; headers: HeaderPairs; authorization: string | undefined },
): void {
  const { method, url } = task.target;
  const shown = authorization === undefined ? headers : headers.filter(([name]) => name !== "Authorization");
  record.request = { method, url, headers: shown, body: task.body };
  if (authorization !== undefined) record.authorization = authorization;
}

interface Exchange extends Sending {
  readonly task: Task;
  readonly headers: HeaderPairs;
  readonly clock: Clock;
  readonly agents: { http: http.Agent; https: https.Agent };
}

function send(exchange: Exchange): Promise<Delivered> {
  const { task, abort, clock, manner = "normal" } = exchange;
  return new Promise((resolve) => {
    const request = openRequest(exchange);
    const settle = (delivered: Delivered): void => {
      deadline.cancel();
      abort.onAbort(undefined);
      resolve(delivered);
    };
    const giveUp = (delivered: Delivered): void => {
      settle(delivered);
      request.destroy();
    };
    const deadline = clock.setTimer(task.dispatchDeadlineMs, () => giveUp({ kind: "timeout" }));
    abort.onAbort(() => giveUp({ kind: "aborted" }));
    if (abort.isAborted) giveUp({ kind: "aborted" });

    const fail = (error: unknown): void => settle(unreachable(error));
    request.on("error", fail);
    request.on("response", (response) => readResponse(response, { clock, done: settle, fail }));
    if (manner === "reset") {
      resetOnceConnected(request);
      return;
    }
    if (manner === "timeout") request.once("finish", () => settle({ kind: "timeout" }));
    request.end(task.body.length > 0 ? task.body : undefined);
  });
}

/** Resets before anything is written, so that the worker sees a connection and no request. */
function resetOnceConnected(request: http.ClientRequest): void {
  request.once("socket", (socket) => {
    if (socket.connecting) socket.once("connect", () => socket.resetAndDestroy());
    else socket.resetAndDestroy();
  });
}

function openRequest({ task, headers, agents }: Exchange): http.ClientRequest {
  const { isSecure, options } = requestTo(task.target);
  const request = isSecure
    ? https.request({ ...options, agent: agents.https })
    : http.request({ ...options, agent: agents.http });
  for (const [name, value] of headers) request.setHeader(name, value);
  return request;
}

interface RequestTo {
  readonly isSecure: boolean;
  readonly options: http.RequestOptions;
}

/** Many tasks share a target, so its URL is parsed once. */
const requests = new WeakMap<HttpTarget, RequestTo>();

function requestTo(target: HttpTarget): RequestTo {
  const known = requests.get(target);
  if (known) return known;
  const url = new URL(target.url);
  const made = { isSecure: url.protocol === "https:", options: { ...urlToHttpOptions(url), method: target.method } };
  requests.set(target, made);
  return made;
}

/** Reads a response to its end. By events, since an iterator would slow deliveries down measurably. */
function readResponse(
  response: http.IncomingMessage,
  { clock, done, fail }: { clock: Clock; done: (answered: Answered) => void; fail: (error: unknown) => void },
): void {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    if (bytes < MOST_RESPONSE_BYTES) chunks.push(chunk);
    bytes += chunk.length;
  });
  response.on("end", () => done(answered(response, chunks, clock)));
  response.on("error", fail);
}

const NO_BODY = new Uint8Array();

function answered(response: http.IncomingMessage, chunks: readonly Uint8Array[], clock: Clock): Answered {
  const waitMs = retryAfterMs(response.headers["retry-after"], clock.now());
  const { rawHeaders } = response;
  return {
    kind: "answered",
    status: response.statusCode ?? 0,
    // Paired only if somebody asks.
    get headers() {
      return headerPairs(rawHeaders);
    },
    // Copied out of Node's buffer pool, which it would keep alive.
    body: chunks.length === 0 ? NO_BODY : new Uint8Array(Buffer.concat(chunks).subarray(0, MOST_RESPONSE_BYTES)),
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  };
}

function headerPairs(raw: readonly string[]): HeaderPairs {
  return Array.from({ length: raw.length / 2 }, (_, index) => [raw[2 * index] ?? "", raw[2 * index + 1] ?? ""]);
}

function unreachable(error: unknown): Delivered {
  return { kind: "unreachable", reason: error instanceof Error ? error.message : String(error) };
}
