import http from "node:http";
import https from "node:https";
import type { Clock } from "../../../shared/clock.ts";
import { AbortCalls } from "./abort-calls.ts";
import { dispatchHeaders } from "./dispatch-headers.ts";
import { retryAfterMs } from "./retry-after.ts";
import type { TokenMaker } from "./delivery-token.ts";
import type { Task } from "./task.ts";

/** How a delivery ended. */
export type Delivered =
  | { readonly kind: "answered"; readonly status: number; readonly retryAfterMs?: number }
  /** No answer within the dispatch deadline. The worker may go on with it. */
  | { readonly kind: "timeout" }
  /** No connection, or one that broke before the answer was whole. */
  | { readonly kind: "unreachable"; readonly reason: string }
  /** Given up because the emulator stops. */
  | { readonly kind: "aborted" };

/** Delivers tasks by HTTP. */
export interface Courier {
  /** Sends one request and waits for the whole answer, at most for the task's dispatch deadline. Never rejects. */
  deliver(task: Task, delivery: { queueId: string; signal: AbortSignal }): Promise<Delivered>;
  /** Closes idle connections. */
  close(): void;
}

/** Idle connections kept for each target. */
const MAX_IDLE_CONNECTIONS = 512;

/** Idle connections are closed before a Node server, which waits 5 s, closes them under a request. */
const IDLE_CONNECTION_MS = 4000;

/** Makes a courier. Redirects are answers like any other, and their Location is not followed. */
export function createCourier(deps: { clock: Clock; authorize: TokenMaker }): Courier {
  const agentOptions = { keepAlive: true, maxFreeSockets: MAX_IDLE_CONNECTIONS, timeout: IDLE_CONNECTION_MS };
  const agents = { http: new http.Agent(agentOptions), https: new https.Agent(agentOptions) };
  const aborts = new AbortCalls();
  return {
    async deliver(task, { queueId, signal }) {
      try {
        const { token, url } = task.target;
        const headers = token
          ? dispatchHeaders(task, { queueId, authorization: await deps.authorize(token, url) })
          : dispatchHeaders(task, { queueId });
        return await send({ task, headers, signal, aborts, clock: deps.clock, agents });
      } catch (error) {
        return unreachable(error);
      }
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

interface Sending {
  readonly task: Task;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly signal: AbortSignal;
  readonly aborts: AbortCalls;
  readonly clock: Clock;
  readonly agents: { http: http.Agent; https: https.Agent };
}

function send(sending: Sending): Promise<Delivered> {
  const { task, signal, aborts, clock } = sending;
  return new Promise((resolve) => {
    const request = openRequest(sending);
    const settle = (delivered: Delivered): void => {
      deadline.cancel();
      aborts.remove(signal, abort);
      resolve(delivered);
    };
    const giveUp = (delivered: Delivered): void => {
      settle(delivered);
      request.destroy();
    };
    const abort = (): void => giveUp({ kind: "aborted" });
    const deadline = clock.setTimer(task.dispatchDeadlineMs, () => giveUp({ kind: "timeout" }));
    aborts.add(signal, abort);
    if (signal.aborted) abort();

    request.on("error", (error) => settle(unreachable(error)));
    request.on("response", (answer) => {
      answer.on("end", () => settle(answered(answer, clock)));
      answer.on("error", (error) => settle(unreachable(error)));
      answer.resume();
    });
    request.end(task.body.length > 0 ? task.body : undefined);
  });
}

function openRequest({ task, headers, agents }: Sending): http.ClientRequest {
  const url = new URL(task.target.url);
  const { method } = task.target;
  const request =
    url.protocol === "https:"
      ? https.request(url, { method, agent: agents.https })
      : http.request(url, { method, agent: agents.http });
  for (const [name, value] of headers) request.setHeader(name, value);
  return request;
}

function answered(answer: http.IncomingMessage, clock: Clock): Delivered {
  const waitMs = retryAfterMs(answer.headers["retry-after"], clock.now());
  return {
    kind: "answered",
    status: answer.statusCode ?? 0,
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  };
}

function unreachable(error: unknown): Delivered {
  return { kind: "unreachable", reason: error instanceof Error ? error.message : String(error) };
}
