import type { Clock } from "../../../kernel/clock.ts";
import type { QueuedTask } from "../attempt-outcome.ts";
import { ConnectionPool } from "../http/connection-pool.ts";
import type { DeliveryAbort } from "./delivery-abort.ts";
import type { TokenMaker } from "./delivery-token.ts";
import type { Answered, Delivered, HeaderPairs } from "../../testing/delivered.ts";
import { dispatchHeaders } from "./dispatch-headers.ts";
import { withQueueTarget } from "./queue-override.ts";
import { type Exchange, type Exchanged, type Manner, startExchange } from "../http/exchange.ts";
import { type Look, createLook } from "../http/look.ts";
import type { OpenAttempt } from "../../testing/history.ts";
import { type OutgoingRequest, targetAddress } from "../http/outgoing-request.ts";
import { MAX_REDIRECTS, redirectedRequest } from "../http/redirect.ts";
import { type ResponseHead, headerValue } from "../http/response-head.ts";
import { retryAfterMs } from "../retry-after.ts";
import type { Task } from "../../state/task.ts";

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
  /**
   * Sends a task's request, follows redirects, and waits for a response, at most until the task's dispatch deadline. Never
   * rejects.
   */
  deliver(queued: QueuedTask, sending: Sending): Promise<Delivered>;
  /** Closes all connections. */
  close(): void;
}

/** Creates a sender. */
export function createSender(deps: { clock: Clock; authorize: TokenMaker }): Sender {
  const pool = new ConnectionPool();
  const look = createLook();
  const deliver = async ({ queue, task: stored }: QueuedTask, sending: Sending): Promise<Delivered> => {
    try {
      const task = withQueueTarget(stored, queue.settings.config.httpTarget);
      const { token, url } = task.target;
      const { queueId } = queue.name;
      const authorization = token ? await deps.authorize(token, url) : undefined;
      const headers = dispatchHeaders(task, { queueId, ...(authorization === undefined ? {} : { authorization }) });
      recordRequest(sending.record, { task, headers, authorization });
      const request = { address: targetAddress(task.target), headers, body: task.body };
      return await send(request, { ...sending, task, clock: deps.clock, pool, look });
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
    close: () => pool.close(),
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

interface Send extends Sending {
  readonly task: Task;
  readonly clock: Clock;
  readonly pool: ConnectionPool;
  readonly look: Look;
}

/** Sends a request and those that it is redirected to, until the deadline of the whole delivery. */
function send(first: OutgoingRequest, { task, abort, clock, pool, look, record, manner = "normal" }: Send) {
  return new Promise<Delivered>((resolve) => {
    let current: Exchange | undefined;
    let gaveUp: Delivered | undefined;
    const settle = (delivered: Delivered): void => {
      deadline.cancel();
      abort.onAbort(undefined);
      resolve(delivered);
    };
    const giveUp = (delivered: Delivered): void => {
      gaveUp = delivered;
      current?.end();
      settle(delivered);
    };
    const deadline = clock.setTimer(task.dispatchDeadlineMs, () => giveUp({ kind: "timeout" }));
    abort.onAbort(() => giveUp({ kind: "aborted" }));
    const exchange = (request: OutgoingRequest, redirectsLeft: number): void => {
      const onEnd = (exchanged: Exchanged): void => {
        const isLast = redirectsLeft === 0 || exchanged.kind !== "response";
        const next = isLast ? undefined : redirectedRequest(request, exchanged.head);
        if (!next) {
          settle(toDelivered(exchanged, clock));
          return;
        }
        if (gaveUp) return;
        record.redirects = [...(record.redirects ?? []), { method: next.address.method, url: next.address.url.href }];
        exchange(next, redirectsLeft - 1);
      };
      const isFirst = redirectsLeft === MAX_REDIRECTS;
      try {
        current = startExchange(request, { pool, look, manner: isFirst ? manner : "normal", onEnd });
      } catch (error) {
        settle(unreachable(error));
      }
    };
    if (abort.isAborted) settle({ kind: "aborted" });
    else exchange(first, MAX_REDIRECTS);
  });
}

function toDelivered(exchanged: Exchanged, clock: Clock): Delivered {
  switch (exchanged.kind) {
    case "response":
      return answered(exchanged.head, exchanged.body, clock);
    case "failure":
      return unreachable(exchanged.error);
    case "sent":
      return { kind: "timeout" };
  }
}

function answered(head: ResponseHead, body: Uint8Array, clock: Clock): Answered {
  const waitMs = retryAfterMs(headerValue(head, "retry-after"), clock.now());
  const { status, rawHeaders } = head;
  const response: Answered = {
    kind: "answered",
    status,
    // Paired only if somebody asks.
    get headers() {
      return headerPairs(rawHeaders);
    },
    body,
  };
  return waitMs === undefined ? response : { ...response, retryAfterMs: waitMs };
}

function headerPairs(raw: readonly string[]): HeaderPairs {
  return Array.from({ length: raw.length / 2 }, (_, index) => [raw[2 * index] ?? "", raw[2 * index + 1] ?? ""]);
}

function unreachable(error: unknown): Delivered {
  return { kind: "unreachable", reason: error instanceof Error ? error.message : String(error) };
}
