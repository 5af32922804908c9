import type { Fate, QueuedTask } from "../dispatch/attempt-outcome.ts";
import type { Delivered, HeaderPairs } from "./delivered.ts";
import type { HttpMethod } from "../state/task.ts";

/** The request of an attempt as it was sent, without the token. */
export interface SentRequest {
  readonly method: HttpMethod;
  readonly url: string;
  readonly headers: HeaderPairs;
  readonly body: Uint8Array;
}

/** A request that a redirect led to. */
export interface RedirectedRequest {
  readonly method: HttpMethod;
  readonly url: string;
}

/** The two readable parts of an OIDC token. */
export interface DecodedToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** One attempt at a task. Times are milliseconds since the epoch, by the emulator's clock. */
export interface AttemptRecord {
  /** The task's full name. */
  readonly task: string;
  /** The queue's full name. */
  readonly queue: string;
  /** The number of the attempt, from 1. */
  readonly dispatch: number;
  /** The fault that happened to it, in words. */
  readonly fault?: string;
  readonly scheduledMs: number;
  readonly dispatchedMs: number;
  /** Undefined while it is in progress. */
  readonly endedMs?: number;
  /** Undefined until it is sent. */
  readonly request?: SentRequest;
  readonly token?: DecodedToken;
  /** Where redirects led, in order. Undefined when there were none. */
  readonly redirects?: readonly RedirectedRequest[];
  /** Undefined while it is in progress. */
  readonly outcome?: Delivered;
  /** What happened next. Undefined while it is in progress, and for a duplicate that a fault added. */
  readonly fate?: Fate;
}

/** An attempt as it is recorded. */
export type OpenAttempt = { -readonly [Key in keyof AttemptRecord]: AttemptRecord[Key] } & {
  /** The Authorization header, of which a record shows only the readable parts. */
  authorization?: string;
  /** Whether the history has dropped it. */
  isForgotten?: boolean;
};

/** Which attempts, by default all. */
export interface AttemptSelector {
  /** A project's id. */
  readonly project?: string;
  /** A queue's full name. */
  readonly queue?: string;
  /** A task's full name. */
  readonly task?: string;
}

/** Beyond this many bytes of bodies the oldest attempts are dropped. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** The most recent attempts, oldest first. */
export class History {
  readonly #mostAttempts: number;
  /** Entries before `#first` are empty. They are removed many at a time. */
  #attempts: (OpenAttempt | undefined)[] = [];
  #first = 0;
  #bodyBytes = 0;

  constructor(mostAttempts: number) {
    this.#mostAttempts = mostAttempts;
  }

  /** Adds an attempt that begins. Whoever makes it fills in the rest. */
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

  /** Records an attempt's end, after which it doesn't change. */
  end(attempt: OpenAttempt, end: { endedMs: number; outcome: Delivered; fate?: Fate }): void {
    Object.assign(attempt, end);
    if (attempt.isForgotten) return;
    this.#bodyBytes += bodyBytes(attempt);
    while (this.#attempts.length - this.#first > this.#mostAttempts || this.#bodyBytes > MAX_BODY_BYTES) {
      const oldest = this.#attempts[this.#first];
      if (!oldest) break;
      this.#attempts[this.#first++] = undefined;
      this.#drop(oldest);
    }
    if (this.#first > this.#mostAttempts) this.#replace(this.#kept(() => true));
  }

  /** The selected attempts as they are now, oldest first. */
  list(selector: AttemptSelector): AttemptRecord[] {
    return this.#kept((attempt) => isSelected(attempt, selector)).map(toRecord);
  }

  forget(selector: AttemptSelector): void {
    for (const attempt of this.#kept((each) => isSelected(each, selector))) this.#drop(attempt);
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

  #drop(attempt: OpenAttempt): void {
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

function toRecord({ authorization, isForgotten: _isForgotten, ...attempt }: OpenAttempt): AttemptRecord {
  const token = authorization === undefined ? undefined : decodeToken(authorization);
  return token ? { ...attempt, token } : attempt;
}

/** Undefined for an opaque token. */
function decodeToken(authorization: string): DecodedToken | undefined {
  const [header, claims, signature] = authorization.replace(/^Bearer /, "").split(".");
  if (!header || !claims || !signature) return undefined;
  return { header: decodePart(header), claims: decodePart(claims) };
}

function decodePart(part: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(part, "base64url").toString());
}
