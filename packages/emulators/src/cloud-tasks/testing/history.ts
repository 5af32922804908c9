import type { Fate, QueuedTask } from "../dispatch/attempt-outcome.ts";
import type { Delivered, HeaderPairs } from "./delivered.ts";
import type { HttpMethod } from "../state/task.ts";

/** The request of an attempt as it was sent, but for the token, which is told apart. */
export interface SentRequest {
  readonly method: HttpMethod;
  readonly url: string;
  readonly headers: HeaderPairs;
  readonly body: Uint8Array;
}

/** An OIDC token's two readable parts. */
export interface DecodedToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** One attempt at a task; times in milliseconds since the epoch, by the emulator's clock. */
export interface AttemptRecord {
  /** The task's full name. */
  readonly task: string;
  /** The queue's full name. */
  readonly queue: string;
  /** Which dispatch of the task it was, from 1. */
  readonly dispatch: number;
  /** What was done to it on purpose, in words. */
  readonly fault?: string;
  readonly scheduledMs: number;
  readonly dispatchedMs: number;
  /** Undefined while it is under way. */
  readonly endedMs?: number;
  /** Undefined until it is sent, and when it never was. */
  readonly request?: SentRequest;
  readonly token?: DecodedToken;
  /** Undefined while it is under way. */
  readonly outcome?: Delivered;
  /** What followed from it; undefined while it is under way, and for an extra delivery that a fault made. */
  readonly fate?: Fate;
}

/** An attempt as it is recorded. */
export type OpenAttempt = { -readonly [Key in keyof AttemptRecord]: AttemptRecord[Key] } & {
  /** The Authorization header that was made for it; told only in its readable parts. */
  authorization?: string;
  /** The history keeps it no more. */
  isForgotten?: boolean;
};

/** Which attempts are asked for: all of them unless narrowed. */
export interface AttemptSelector {
  /** A project's id. */
  readonly project?: string;
  /** A queue's full name. */
  readonly queue?: string;
  /** A task's full name. */
  readonly task?: string;
}

/** Bodies of more bytes than this in all are not kept: the oldest attempts go first. */
const MOST_BODY_BYTES = 64 * 1024 * 1024;

/** The attempts of the recent past, oldest first. */
export class History {
  readonly #mostAttempts: number;
  /** The places before `#first` are empty; they are given back many at a time. */
  #attempts: (OpenAttempt | undefined)[] = [];
  #first = 0;
  #bodyBytes = 0;

  /** Keeps at most so many attempts. */
  constructor(mostAttempts: number) {
    this.#mostAttempts = mostAttempts;
  }

  /** Takes in an attempt that begins; what becomes of it is then written into it. */
  begin({ queue, task }: QueuedTask, { dispatchedMs, fault }: { dispatchedMs: number; fault?: string }): OpenAttempt {
    const attempt: OpenAttempt = {
      task: `${queue.name.name}/tasks/${task.id}`,
      queue: queue.name.name,
      dispatch: task.dispatchCount,
      ...(fault === undefined ? {} : { fault }),
      scheduledMs: task.dueMs,
      dispatchedMs,
    };
    this.#attempts.push(attempt);
    return attempt;
  }

  /** An attempt has ended, and changes no more. */
  end(attempt: OpenAttempt, end: { endedMs: number; outcome: Delivered; fate?: Fate }): void {
    Object.assign(attempt, end);
    if (attempt.isForgotten) return;
    this.#bodyBytes += bodyBytes(attempt);
    while (this.#attempts.length - this.#first > this.#mostAttempts || this.#bodyBytes > MOST_BODY_BYTES) {
      const oldest = this.#attempts[this.#first];
      if (!oldest) break;
      this.#attempts[this.#first++] = undefined;
      this.#letGo(oldest);
    }
    if (this.#first > this.#mostAttempts) this.#replace(this.#kept(() => true));
  }

  /** The attempts that are asked for, oldest first, as they are now. */
  list(selector: AttemptSelector): AttemptRecord[] {
    return this.#kept((attempt) => isSelected(attempt, selector)).map(told);
  }

  forget(selector: AttemptSelector): void {
    for (const attempt of this.#kept((each) => isSelected(each, selector))) this.#letGo(attempt);
    this.#replace(this.#kept(({ isForgotten }) => !isForgotten));
  }

  #kept(isMeant: (attempt: OpenAttempt) => boolean): OpenAttempt[] {
    return this.#attempts
      .slice(this.#first)
      .filter((attempt): attempt is OpenAttempt => attempt !== undefined && isMeant(attempt));
  }

  #replace(attempts: OpenAttempt[]): void {
    this.#attempts = attempts;
    this.#first = 0;
  }

  #letGo(attempt: OpenAttempt): void {
    attempt.isForgotten = true;
    if (attempt.endedMs !== undefined) this.#bodyBytes -= bodyBytes(attempt);
  }
}

function bodyBytes({ request, outcome }: AttemptRecord): number {
  return (request?.body.length ?? 0) + (outcome?.kind === "answered" ? outcome.body.length : 0);
}

function isSelected(attempt: AttemptRecord, { project, queue, task }: AttemptSelector): boolean {
  if (task !== undefined && attempt.task !== task) return false;
  if (queue !== undefined && attempt.queue !== queue) return false;
  return project === undefined || attempt.task.startsWith(`projects/${project}/`);
}

function told({ authorization, isForgotten: _isForgotten, ...attempt }: OpenAttempt): AttemptRecord {
  const token = authorization === undefined ? undefined : decodeToken(authorization);
  return token ? { ...attempt, token } : attempt;
}

/** The readable parts of a token; undefined for an opaque one. */
function decodeToken(authorization: string): DecodedToken | undefined {
  const [header, claims, signature] = authorization.replace(/^Bearer /, "").split(".");
  if (!header || !claims || !signature) return undefined;
  return { header: decodePart(header), claims: decodePart(claims) };
}

function decodePart(part: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(part, "base64url").toString());
}
