import http from "node:http";
import https from "node:https";
import type { Clock } from "../../../shared/clock.ts";
import type { EmulatorClock } from "../emulator-clock.ts";
import type { QueuedTask } from "./attempt-outcome.ts";
import type { TokenMaker } from "./delivery-token.ts";
import type { Answered, Delivered, HeaderPairs } from "./delivered.ts";
import { dispatchHeaders } from "./dispatch-headers.ts";
import type { OpenAttempt } from "./history.ts";
import { retryAfterMs } from "./retry-after.ts";
import type { Task } from "./task.ts";

/** How a request is sent: as it should be; or, on purpose, not at all over a connection that is reset, or unheard. */
export type Manner = "whole" | "reset" | "unheard";

/** One sending of a task. */
export interface Sending {
  readonly signal: AbortSignal;
  /** Takes in what is sent. */
  readonly record: OpenAttempt;
  /** `unheard`: given up, as at its deadline, once it is sent, while the worker goes on. Default `whole`. */
  readonly manner?: Manner;
}

/** Delivers tasks by HTTP. */
export interface Courier {
  /** Sends one request and waits for the whole answer, at most for the task's dispatch deadline. Never rejects. */
  deliver(queued: QueuedTask, sending: Sending): Promise<Delivered>;
  /** Closes idle connections. */
  close(): void;
}

/** Idle connections kept for each target. */
const MAX_IDLE_CONNECTIONS = 512;

/** Idle connections are closed before a Node server, which waits 5 s, closes them under a request. */
const IDLE_CONNECTION_MS = 4000;

/** What of an answer's body is kept. */
const MOST_ANSWER_BYTES = 16 * 1024;

/** Makes a courier. Redirects are answers like any other, and their Location is not followed. */
export function createCourier(deps: { clock: EmulatorClock; authorize: TokenMaker }): Courier {
  const agentOptions = { keepAlive: true, maxFreeSockets: MAX_IDLE_CONNECTIONS, timeout: IDLE_CONNECTION_MS };
  const agents = { http: new http.Agent(agentOptions), https: new https.Agent(agentOptions) };
  const deliver = async ({ queue, task }: QueuedTask, sending: Sending): Promise<Delivered> => {
    try {
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
  const told = authorization === undefined ? headers : headers.filter(([name]) => name !== "Authorization");
  record.request = { method, url, headers: told, body: task.body };
  if (authorization !== undefined) record.authorization = authorization;
}

interface Exchange extends Sending {
  readonly task: Task;
  readonly headers: HeaderPairs;
  readonly clock: Clock;
  readonly agents: { http: http.Agent; https: https.Agent };
}

function send(exchange: Exchange): Promise<Delivered> {
  const { task, signal, clock, manner = "whole" } = exchange;
  return new Promise((resolve) => {
    const request = openRequest(exchange);
    const settle = (delivered: Delivered): void => {
      deadline.cancel();
      signal.removeEventListener("abort", abort);
      resolve(delivered);
    };
    const giveUp = (delivered: Delivered): void => {
      settle(delivered);
      request.destroy();
    };
    const abort = (): void => giveUp({ kind: "aborted" });
    const deadline = clock.setTimer(task.dispatchDeadlineMs, () => giveUp({ kind: "timeout" }));
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();

    const fail = (error: unknown): void => settle(unreachable(error));
    request.on("error", fail);
    request.on("response", (answer) => void readAnswer(answer, clock).then(settle, fail));
    if (manner === "reset") {
      resetOnceConnected(request);
      return;
    }
    if (manner === "unheard") request.once("finish", () => settle({ kind: "timeout" }));
    request.end(task.body.length > 0 ? task.body : undefined);
  });
}

/** Before anything was written, so the worker sees a connection and no request. */
function resetOnceConnected(request: http.ClientRequest): void {
  request.once("socket", (socket) => {
    if (socket.connecting) socket.once("connect", () => socket.resetAndDestroy());
    else socket.resetAndDestroy();
  });
}

function openRequest({ task, headers, agents }: Exchange): http.ClientRequest {
  const url = new URL(task.target.url);
  const { method } = task.target;
  const request =
    url.protocol === "https:"
      ? https.request(url, { method, agent: agents.https })
      : http.request(url, { method, agent: agents.http });
  for (const [name, value] of headers) request.setHeader(name, value);
  return request;
}

async function readAnswer(answer: http.IncomingMessage, clock: Clock): Promise<Answered> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer) {
    if (bytes < MOST_ANSWER_BYTES) chunks.push(chunk);
    bytes += chunk.length;
  }
  const waitMs = retryAfterMs(answer.headers["retry-after"], clock.now());
  return {
    kind: "answered",
    status: answer.statusCode ?? 0,
    headers: headerPairs(answer.rawHeaders),
    // Copied out of Node's buffer pool, where it would keep its neighbours alive.
    body: new Uint8Array(Buffer.concat(chunks).subarray(0, MOST_ANSWER_BYTES)),
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  };
}

function headerPairs(raw: readonly string[]): HeaderPairs {
  return Array.from({ length: raw.length / 2 }, (_, index) => [raw[2 * index] ?? "", raw[2 * index + 1] ?? ""]);
}

function unreachable(error: unknown): Delivered {
  return { kind: "unreachable", reason: error instanceof Error ? error.message : String(error) };
}
