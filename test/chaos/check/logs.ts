import { problemOfLog } from "../../harness/worker/logged-attempts.ts";
import type { BrokenPromise } from "./broken-promise.ts";
import { recordOf } from "./endings.ts";
import type { Histories, TaskHistory } from "./history/histories.ts";

/** A record's log tells of every attempt that ended or was lost, once, and holds nothing of the payload. */
export function checkLogs(histories: Histories): BrokenPromise[] {
  return histories.tasks.flatMap((task) => checkLog(task, histories));
}

function checkLog(task: TaskHistory, histories: Histories): BrokenPromise[] {
  const { n } = task;
  const versions = recordOf(task, histories);
  const broken: BrokenPromise[] = [];
  for (const version of versions) {
    const log = version.attemptLog();
    if (!log) {
      // A task that was accepted by an earlier revision may have no log yet, but a log never goes away.
      const hadOne = versions.some((other) => other.at < version.at && other.attemptLog());
      if (hadOne) broken.push({ promise: "a log tells of every attempt", n, what: "has lost its log" });
      continue;
    }
    const problem = problemOfLog(log, {
      state: version.text("state") ?? "",
      attempts: version.number("attempts") ?? 0,
    });
    if (problem) broken.push({ promise: "a log tells of every attempt", n, what: problem });
    if (log.some(({ words }) => words.includes(histories.run.secret))) {
      broken.push({ promise: "no payload in a record's log", n, what: "has an attempt that quotes its payload" });
    }
  }
  return broken;
}
