import fs from "node:fs";
import path from "node:path";
import { ledgerSchema } from "../chaos/check/history/lines.ts";
import { readLineLog } from "../chaos/line-log.ts";
import type { RunFolder } from "../chaos/run-folder.ts";

/** One run of a handler. */
export interface Run {
  readonly n: number;
  readonly taskId: string;
  /** When it began, in milliseconds since the epoch, by the machine's clock. */
  readonly at: number;
  readonly hasSucceeded: boolean;
}

/** Every run of a handler, as the handlers themselves recorded it outside Firestore. */
export function readRuns({ ledger }: RunFolder): Run[] {
  const files = fs.existsSync(ledger) ? fs.readdirSync(ledger) : [];
  const lines = files.flatMap((file) => readLineLog(path.join(ledger, file))).map((line) => ledgerSchema.parse(line));
  const succeeded = new Set(lines.flatMap((line) => (line.what === "end" && line.how === "succeeded" ? line.run : [])));
  return lines.flatMap((line) =>
    line.what === "begin" ? { n: line.n, taskId: line.taskId, at: line.at, hasSucceeded: succeeded.has(line.run) } : [],
  );
}
