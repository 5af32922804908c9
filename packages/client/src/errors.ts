import type { Problem } from "../../../shared/http/problem.ts";

/** The producer refused a request, or failed in every try. */
export class HandoffError extends Error {
  override readonly name = "HandoffError";
  /** The HTTP status. */
  readonly status: number;
  /** The problem's stable code, such as `invalid-request`, or `unexpected-response` from anything but the producer. */
  readonly code: string;
  /** The producer's problem, with everything that is wrong; undefined if the response isn't the producer's. */
  readonly problem: Problem | undefined;

  constructor(status: number, problem: Problem | undefined) {
    super(problem ? sentence(problem) : `The response, with status ${status}, is not one of a producer.`);
    this.status = status;
    this.problem = problem;
    this.code = problem?.code ?? "unexpected-response";
  }
}

function sentence({ status, code, title, detail = title, problems = [] }: Problem): string {
  // The detail may already contain them.
  const untold = problems.map(({ path, message }) => `${path} ${message}`).filter((text) => !detail.includes(text));
  const all = untold.join("; ");
  return `${status} ${code}: ${detail}${all === "" ? "" : ` ${all}`}`;
}

/** No try got a response. The request may have taken effect; repeating it with the same idempotency key is safe. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
  readonly code = "unreachable";

  /** How long the call went on, in milliseconds: all its tries, and the waits between them. */
  readonly waitedMs: number;

  /** @param origin the producer's address. */
  constructor(origin: string, { cause, waitedMs }: { readonly cause: unknown; readonly waitedMs: number }) {
    super(`The producer at ${origin} did not respond.`, { cause });
    this.waitedMs = waitedMs;
  }
}

/** A task hadn't ended when the time was up. */
export class TimeoutError extends Error {
  override readonly name = "TimeoutError";
  readonly code = "timeout";
}
