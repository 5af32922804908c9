import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import * as z from "zod";
import { readArguments } from "../harness/runtime/read-arguments.ts";
import { runCancels } from "./cancels/cancel-run.ts";
import { startKillStack } from "./kill-stack.ts";
import { type Report, reportOutbox } from "./outbox/outbox-report.ts";
import { runOutbox } from "./outbox/outbox-run.ts";
import { WINDOWS } from "./outbox/windows.ts";
import { reportReplays } from "./replay/replay-report.ts";
import { runReplays } from "./replay/replay-run.ts";

const USAGE = `npm run kills -- outbox | replay | cancels [OPTIONS]

outbox    An application commits transactions with tasks, and it or the producer that relays them is killed in each window,
          from before the commit to after the entry's deletion. Fails if a task was lost, enqueued twice, or enqueued without
          a commit.
replay    Dead letters are replayed while the producer is killed. Fails unless each ran once.
cancels   Nobody is killed, but tasks are cancelled while a relay puts them into their queue. Fails if one stays there.

  --transactions N    default 1000
  --batch N           how many of them a kill hits; default 25
  --rolled-back N     how many are rolled back on purpose; default 300
  --undisturbed N     how many measure latency; default 200
  --tick-seconds N    the tick's period; default 5
  --windows LIST      where processes are killed; default ${WINDOWS.join(",")}
  --letters N         default 1000
  --cancels N         default 20
  --out FOLDER        keeps the processes' output; default: a temporary folder, removed if all promises were kept
  --bug NAME          a known bug to give the producers and the worker
`;

const { values, positionals } = readArguments(USAGE, {
  transactions: { type: "string", default: "1000" },
  batch: { type: "string", default: "25" },
  "rolled-back": { type: "string", default: "300" },
  undisturbed: { type: "string", default: "200" },
  "tick-seconds": { type: "string", default: "5" },
  windows: { type: "string", default: WINDOWS.join(",") },
  letters: { type: "string", default: "1000" },
  cancels: { type: "string", default: "20" },
  out: { type: "string" },
  bug: { type: "string" },
});
const whole = z.coerce.number().int().nonnegative();
const numbers = z.object({
  transactions: whole.min(1),
  batch: whole.min(1).max(100),
  "rolled-back": whole,
  undisturbed: whole,
  letters: whole.min(1),
  cancels: whole.min(1),
  "tick-seconds": z.coerce.number().positive(),
});
const [what] = positionals;
const runs = new Map([
  ["outbox", outbox],
  ["replay", replays],
  ["cancels", cancels],
]);
const run = runs.get(what ?? "");
if (!run) {
  process.stderr.write(USAGE);
  process.exit(1);
}
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const {
  letters,
  cancels: cancelled,
  "rolled-back": rolledBack,
  "tick-seconds": tickSeconds,
  ...counts
} = numbers.parse(values);
const windows = z.array(z.enum(WINDOWS)).min(1).parse(values.windows.split(","));
const tickMs = tickSeconds * 1_000;
const folder = values.out ?? fs.mkdtempSync(path.join(os.tmpdir(), "handoff-kills-"));
const stack = await startKillStack(folder, { seed: 1, bug: values.bug });
try {
  const { lines, broken } = await run();
  [...lines, ...broken.map((problem) => `BROKEN ${problem}`)].forEach(print);
  print(broken.length === 0 ? "all promises were kept" : `${broken.length} promises were broken`);
  process.exitCode = broken.length === 0 ? 0 : 1;
} finally {
  await stack.stop();
}
if (process.exitCode === 0 && values.out === undefined) fs.rmSync(folder, { recursive: true });

async function outbox(): Promise<Report> {
  const options = { ...counts, rolledBack, windows, tickMs };
  return await reportOutbox(stack, await runOutbox(stack, options, print), options);
}

async function replays(): Promise<Report> {
  const options = { letters, tickMs };
  return await reportReplays(stack, await runReplays(stack, options, print), options);
}

async function cancels(): Promise<Report> {
  return await runCancels(stack, { cancels: cancelled });
}
