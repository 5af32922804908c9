import { status } from "@grpc/grpc-js";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../../harness/network/fault-proxy.ts";
import { COMMIT_CODES, COMMIT_FAULTS } from "./fault-names.ts";
import type { Relayer } from "../stack/stack.ts";
import { type FaultRun, inRandomOrder, until } from "./fault-run.ts";

type CommitFault = (typeof COMMIT_FAULTS)[number];

/** Firestore's own process may end while a Commit is due to fail; the fault is then tried again. */
const HIT_LIMIT_MS = 25_000;

/** Makes the workers' Commits fail, one at a time for each worker, spread over the run. */
export async function strikeCommits(run: FaultRun): Promise<void> {
  const left = inRandomOrder(COMMIT_FAULTS, run);
  const wanted = left.length;
  const strikeAt = async ({ toFirestore }: Relayer): Promise<void> => {
    for (let fault = left.pop(); fault !== undefined; fault = left.pop()) {
      const due = (wanted - left.length - run.random()) / wanted;
      await until(() => run.passed() >= due, Infinity, run.signal);
      if (run.signal.aborted) return;
      const injected = toFirestore.inject({ rpc: "Commit", ...callFaultOf(fault, run.random) });
      const affected = injected.then((call) => run.hit(fault, tasksIn(call))).then(() => true);
      if (!(await Promise.race([affected, sleep(HIT_LIMIT_MS, false, { ref: false })]))) left.unshift(fault);
    }
  };
  const { relayers, workers } = run.stack;
  await Promise.all(relayers.filter(({ program }) => workers.includes(program)).map(strikeAt));
}

function callFaultOf(fault: CommitFault, random: () => number): Pick<Fault, "when" | "answer"> {
  const either = random() < 0.5 ? "before-effect" : "after-effect";
  if (fault === "commit-hangs") return { when: either, answer: "nothing" };
  if (fault === "session-dropped") return { when: either, answer: "disconnect" };
  const code = COMMIT_CODES.find((candidate) => fault.endsWith(candidate)) ?? "UNAVAILABLE";
  return {
    when: fault.startsWith("commit-before") ? "before-effect" : "after-effect",
    answer: { status: status[code] },
  };
}

/**
 * The tasks whose records or effects a Commit writes, by id or number. Document names appear in its bytes as plain
 * text.
 */
function tasksIn(call: Buffer): string[] {
  const names = call.toString("latin1").matchAll(/(?:taskRecords\/([0-9a-f]{32}n?-[a-z]+)|chaosEffects\/(n\d+))/g);
  return [...new Set([...names].map(([, id, number]) => id ?? number ?? ""))];
}
