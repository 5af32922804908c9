import { randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import type { HandlerContext } from "../../../services/worker/runner/handler.ts";
import { fingerprint } from "../load/fingerprint.ts";
import { openLineLog } from "../line-log.ts";
import { type RunFolder } from "../run-folder.ts";
import type { ChaosPayload } from "../load/task-types.ts";

/** One run of a handler in the ledger. */
export interface LedgerRun {
  /** The id of the run. */
  readonly run: string;
  /** Whether this is the task's first run in any process. */
  readonly isFirst: boolean;
  /** Whether it is a run of the task that ran first under this number, and not of its replay. */
  readonly isOriginal: boolean;
  effect(): void;
  end(how: string): void;
}

/** What handlers did, recorded outside Firestore. */
export interface EffectLedger {
  begin(kind: string, payload: ChaosPayload, context: HandlerContext): LedgerRun;
}

/** Opens this process's file of the ledger. Times are the machine's, whatever clock the worker uses. */
export function openEffectLedger(folder: RunFolder): EffectLedger {
  const log = openLineLog(path.join(folder.ledger, `${process.pid}.jsonl`));
  fs.mkdirSync(folder.marks, { recursive: true });
  return {
    begin(kind, payload, { idempotencyKey, attempt }) {
      const mark = path.join(folder.marks, String(payload.n));
      const isFirst = markFirst(mark, idempotencyKey);
      const run = randomUUID();
      const write = (what: string, more: object = {}): void =>
        log.write({ what, run, n: payload.n, pid: process.pid, at: Date.now(), ...more });
      write("begin", { kind, taskId: idempotencyKey, attempt, fingerprint: fingerprint(payload) });
      return {
        run,
        isFirst,
        isOriginal: isFirst || fs.readFileSync(mark, "utf8") === idempotencyKey,
        effect: () => write("effect"),
        end: (how) => write("end", { how }),
      };
    },
  };
}

/** The mark holds the task's id. */
function markFirst(file: string, taskId: string): boolean {
  try {
    fs.writeFileSync(file, taskId, { flag: "wx" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}
