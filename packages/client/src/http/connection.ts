import { retryAfterMsOf } from "../../../../shared/http/retry-after.ts";
import { cancelAtDeadline } from "../../../../shared/runtime/deadline.ts";
import { HandoffError, UnreachableError } from "../errors.ts";
import type { ClientOptions, RetryLimits } from "../options.ts";
import { type ProducerAddress, TokenFailure, producerAt } from "../producer.ts";
import { type ReadJson, type Shape, fits, isProblem, readJson } from "./response-body.ts";
import { type Surroundings, type Tries, beginTries, checkLimits } from "./tries.ts";

/** How long one try may take, in milliseconds, unless the request sets its own limit. */
const TRY_MS = 30_000;

/** Nothing was done, or that is unknown. Cloud Run and the proxies before it send some of these. */
const TRIED_AGAIN: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/** Callers that wait for a task can read it instead. */
const NOT_TRIED_AGAIN: ReadonlySet<string> = new Set(["too-many-waits"]);

export interface ApiRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  /** Undefined values are left out. */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** As JSON. */
  readonly body?: string;
  readonly idempotencyKey?: string | undefined;
  /** The version that the request is for. Any other version is left unchanged. */
  readonly ifMatch?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How long one try may take, in milliseconds. Default: 30,000. */
  readonly tryMs?: number;
  /** Whether repeating the request has no further effect. Default: true. */
  readonly isRepeatable?: boolean;
  /** The fields that a successful body must have. A body without them isn't the producer's. */
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

/** The connection that every call uses. */
export interface Connection extends Pick<ProducerAddress, "isLocal" | "origin"> {
  readonly surroundings: Surroundings;
  readonly limits: Required<RetryLimits>;
  /**
   * Sends a request until it succeeds, is refused, or no try is left. `Body` is the type in the producer's OpenAPI
   * document. Only the request's shape is checked, so that fields of later revisions are kept.
   *
   * @throws HandoffError, UnreachableError, the signal's reason, or what the token function throws.
   */
  call<Body>(request: ApiRequest): Promise<ApiResponse<Body>>;
  /** Starts counting the tries of a call that sends several requests. */
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
    const received: Received<Body> = await cancelAtDeadline(deadline, async (signal) => {
      const response = await producer.send({ method, path: pathOf(request), headers, body, signal });
      // The body is read within the deadline, too: a truncated response doesn't count.
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
  /** Undefined if the body isn't JSON. */
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
