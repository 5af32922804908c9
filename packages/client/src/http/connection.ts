import { retryAfterMsOf } from "../../../../shared/http/retry-after.ts";
import { withDeadline } from "../../../../shared/runtime/deadline.ts";
import { HandoffError, UnreachableError } from "../errors.ts";
import type { ClientOptions, RetryLimits } from "../options.ts";
import { type ProducerAddress, TokenFailure, producerAt } from "../producer.ts";
import { type ReadJson, type Shape, fits, isProblem, readJson } from "./response-body.ts";
import { type Surroundings, type Tries, beginTries, checkLimits } from "./tries.ts";

/** How long one try may take, in milliseconds, unless the request says otherwise. */
const TRY_MS = 30_000;

/** Nothing was done, or nobody knows. Cloud Run and what stands before it respond with the others of these. */
const TRIED_AGAIN: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Whoever waits for a task can look at it instead. */
const NOT_TRIED_AGAIN: ReadonlySet<string> = new Set(["too-many-waits"]);

export interface ApiRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  /** What is undefined is left out. */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** As JSON. */
  readonly body?: string;
  readonly idempotencyKey?: string | undefined;
  /** The version that the request is for: one of any other is left as it is. */
  readonly ifMatch?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How long one try may take, in milliseconds. Default: 30,000. */
  readonly tryMs?: number;
  /** Whether the request does no more when it is repeated. Default: true. */
  readonly isRepeatable?: boolean;
  /** What the body of a success has at least. One without it isn't the producer's. */
  readonly shape: Shape;
  /** Default: the connection's own. */
  readonly limits?: Required<RetryLimits>;
}

/** A response whose status is 2xx. */
export interface ApiResponse<Body> {
  readonly status: number;
  readonly body: Body;
  readonly headers: Headers;
}

/** What every call goes through. */
export interface Connection extends Pick<ProducerAddress, "isLocal" | "origin"> {
  readonly surroundings: Surroundings;
  readonly limits: Required<RetryLimits>;
  /**
   * Sends a request until it succeeds, is refused, or no try is left. `Body` is what the producer's document says; no more
   * of it is checked than the request's shape, so that fields of later revisions stay in it.
   *
   * @throws HandoffError, UnreachableError, the signal's reason, or what the token function throws.
   */
  call<Body>(request: ApiRequest): Promise<ApiResponse<Body>>;
  /** Begins to count the tries of a call that is made of several. */
  beginTries(): Tries;
}

/** @throws TypeError when an option isn't allowed. */
export function connect(options: ClientOptions, surroundings: Surroundings): Connection {
  const { url, auth, onBehalfOf, fetch, retry, traceparent } = options;
  const producer = producerAt({ url, auth, onBehalfOf, fetch });
  const limits = checkLimits(retry);
  return {
    origin: producer.origin,
    isLocal: producer.isLocal,
    surroundings,
    limits,
    beginTries: () => beginTries(limits, surroundings),
    async call<Body>(request: ApiRequest): Promise<ApiResponse<Body>> {
      const { signal, isRepeatable = true } = request;
      signal?.throwIfAborted();
      const tries = beginTries(request.limits ?? limits, surroundings);
      const headers = headersOf(request, traceparent?.());
      const beganMs = surroundings.clock.monotonic();
      for (;;) {
        const tried = await tryOnce<Body>({ producer, request, headers, surroundings, beganMs });
        if (tried.kind === "succeeded") return tried.response;
        const isOver = !isRepeatable || !tried.mayTryAgain || !(await tries.next(tried.retryAfterMs, signal));
        if (isOver) throw tried.error;
      }
    },
  };
}

function headersOf(
  { idempotencyKey, ifMatch }: ApiRequest,
  traceparent: string | undefined,
): Readonly<Record<string, string>> {
  return {
    accept: "application/json, application/problem+json",
    ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
    ...(ifMatch === undefined ? {} : { "if-match": ifMatch }),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

type Tried<Body> =
  | { readonly kind: "succeeded"; readonly response: ApiResponse<Body> }
  | {
      readonly kind: "failed";
      readonly error: HandoffError | UnreachableError;
      readonly mayTryAgain: boolean;
      readonly retryAfterMs?: number | undefined;
    };

async function tryOnce<Body>(one: {
  readonly producer: ProducerAddress;
  readonly request: ApiRequest;
  readonly headers: Readonly<Record<string, string>>;
  readonly surroundings: Surroundings;
  /** When the first try of the call began, in milliseconds of the monotonic clock. */
  readonly beganMs: number;
}): Promise<Tried<Body>> {
  const { producer, request, headers, surroundings, beganMs } = one;
  const { method, body, signal, tryMs: timeoutMs = TRY_MS } = request;
  const deadline = { clock: surroundings.clock, timeoutMs, ...(signal ? { signal } : {}) };
  try {
    const received: Received<Body> = await withDeadline(deadline, async (signal) => {
      const response = await producer.send({ method, path: pathOf(request), headers, body, signal });
      // The body is read within the deadline, too: a response that breaks off is none.
      return { response, json: await readJson(response) };
    });
    return outcomeOf(received, request.shape, surroundings.clock.now());
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof TokenFailure) throw error.cause;
    const waitedMs = surroundings.clock.monotonic() - beganMs;
    return {
      kind: "failed",
      error: new UnreachableError(producer.origin, { cause: error, waitedMs }),
      mayTryAgain: true,
    };
  }
}

function pathOf({ path, query = {} }: ApiRequest): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, String(value));
  return given.size === 0 ? path : `${path}?${given.toString()}`;
}

interface Received<Body> {
  readonly response: Response;
  /** Undefined if it has none. */
  readonly json: ReadJson<Body> | undefined;
}

function outcomeOf<Body>({ response, json }: Received<Body>, shape: Shape, nowMs: number): Tried<Body> {
  const { status, headers, ok } = response;
  if (ok && json && fits(json.value, shape))
    return { kind: "succeeded", response: { status, body: json.value, headers } };
  const problem = isProblem(json?.value) ? json.value : undefined;
  return {
    kind: "failed",
    error: new HandoffError(status, problem),
    mayTryAgain: TRIED_AGAIN.has(status) && !NOT_TRIED_AGAIN.has(problem?.code ?? ""),
    retryAfterMs: retryAfterMsOf(headers.get("retry-after") ?? undefined, nowMs),
  };
}
