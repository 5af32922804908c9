import type { Problem } from "../../../../shared/http/problem.ts";
import type { Attempt } from "./task.ts";

/** A task that was given up. Times are RFC 3339 in UTC. */
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
  /** How often it was replayed. */
  readonly replays: number;
  readonly replayedAs?: string;
  readonly replayedAt?: string;
  readonly replayedBy?: string;
  /** Only of a letter that was asked for by its id. */
  readonly attemptLog?: readonly Attempt[];
  /** Only where it was asked for. */
  readonly payload?: unknown;
  /** Set where the payload was asked for and the letter doesn't have it. */
  readonly payloadOmitted?: true;
  readonly links: { readonly self: string; readonly task: string };
}

/** Which letters. All that is given must fit. */
export interface LetterFilter {
  readonly type?: string | undefined;
  readonly queue?: string | undefined;
  /** The code of the error that they died of. */
  readonly code?: string | undefined;
  /** When they died: from then on, as RFC 3339 with a zone. */
  readonly from?: string | undefined;
  /** When they died: before then, as RFC 3339 with a zone. */
  readonly to?: string | undefined;
}

/** How many open letters there are of each type and code, among the newest 1,000. */
export interface LetterSummary {
  readonly items: readonly {
    readonly type: string;
    readonly code: string;
    readonly count: number;
    readonly newestDiedAt: string;
  }[];
  /** Whether that is all of them. */
  readonly complete: boolean;
}

/** A letter's new task. */
export interface Replayed {
  readonly id: string;
  readonly replayOf: string;
  /** Set if the letter had been replayed already, as this task. A lost response to the same call can be why. */
  readonly replayedBefore?: true;
}

/** What became of a page of letters that were to be replayed. */
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
