import type { Problem } from "../../../../shared/http/problem.ts";
import type { Attempt } from "./task.ts";

/** A task that won't be retried. Times are RFC 3339 in UTC. */
export interface DeadLetter {
  readonly id: string;
  readonly status: "open" | "replayed";
  readonly taskId: string;
  readonly type: string;
  readonly queue: string;
  /** The code of the error that it died of. */
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
  readonly enqueuedAt: string;
  readonly diedAt: string;
  readonly expiresAt: string;
  readonly caller?: string;
  readonly replayOf?: string;
  /** How many times it was replayed. */
  readonly replays: number;
  readonly replayedAs?: string;
  readonly replayedAt?: string;
  readonly replayedBy?: string;
  /** Only if the letter was read by id. */
  readonly attemptLog?: readonly Attempt[];
  /** Only if it was requested. */
  readonly payload?: unknown;
  /** Set if the payload was requested but the letter doesn't have it. */
  readonly payloadOmitted?: true;
  readonly links: { readonly self: string; readonly task: string };
}

/** Selects letters. All given conditions must hold. */
export interface LetterFilter {
  readonly type?: string | undefined;
  readonly queue?: string | undefined;
  /** The code of the error that they died of. */
  readonly code?: string | undefined;
  /** When they died: at or after this, as RFC 3339 with a zone. */
  readonly from?: string | undefined;
  /** When they died: before this, as RFC 3339 with a zone. */
  readonly to?: string | undefined;
}

/** The number of open letters of each type and code, among the latest 1,000. */
export interface LetterSummary {
  readonly items: readonly {
    readonly type: string;
    readonly code: string;
    readonly count: number;
    readonly newestDiedAt: string;
  }[];
  /** Whether these are all open letters. */
  readonly complete: boolean;
}

/** The task that a replay created. */
export interface Replayed {
  readonly id: string;
  readonly replayOf: string;
  /** Set if the letter had already been replayed as this task, perhaps by an earlier try of the same call. */
  readonly replayedBefore?: true;
}

/** The result of replaying a page of letters. */
export interface ReplayPage {
  readonly replayed: number;
  readonly skipped: number;
  readonly failed: number;
  /** Missing on the last page. */
  readonly nextCursor?: string;
  readonly items: readonly {
    readonly id: string;
    readonly outcome: "replayed" | "skipped" | "failed" | "would-replay";
    readonly replayedAs?: string;
    readonly problem?: Problem;
  }[];
}
