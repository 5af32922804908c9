import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import * as z from "zod";
import { readArguments } from "../harness/runtime/read-arguments.ts";
import { ALL_FAULTS } from "./faults/fault-names.ts";
import { KINDS, SCRIPTS } from "./load/task-types.ts";
import { runChaos } from "./run.ts";
import { runFolder } from "./run-folder.ts";

const USAGE = `npm run chaos [-- OPTIONS]

Sends tasks of all kinds to real producers and workers while injecting faults; then a checker decides whether the promises were
kept. Callers go on until every fault has hit.

  --tasks N       at least so many; default 500
  --hits N        of each fault; default 5
  --patience N    how many seconds may pass without an end before the tasks that are left count as lost; default 90
  --seed N        repeats a run's plan; default: chance
  --faults LIST   only these, separated by commas: ${ALL_FAULTS.join(", ")}
  --kinds LIST    only tasks of these; default ${KINDS.join(",")}
  --plain         only tasks that do the same
  --script NAME   what they do; default ok, which succeeds at once. One of ${SCRIPTS.join(", ")}
  --contested     an application commits them, and then another payload under the same keys
  --cancels N     how many of a hundred tasks are cancelled; default 5, or none of a plain run's
  --work-ms N     the longest that handlers work before and after their effect; default 250. Their budget is 2000
  --out FOLDER    keeps the histories; default: a temporary folder, removed if all promises were kept
  --bug NAME      a known bug to give the workers and producers
`;

const { values } = readArguments(USAGE, {
  tasks: { type: "string", default: "500" },
  hits: { type: "string", default: "5" },
  patience: { type: "string", default: "90" },
  seed: { type: "string", default: String(randomInt(1, 1_000_000)) },
  faults: { type: "string", default: ALL_FAULTS.join(",") },
  kinds: { type: "string", default: KINDS.join(",") },
  plain: { type: "boolean", default: false },
  script: { type: "string", default: "ok" },
  contested: { type: "boolean", default: false },
  cancels: { type: "string" },
  "work-ms": { type: "string", default: "250" },
  out: { type: "string" },
  bug: { type: "string" },
});
const whole = z.coerce.number().int();
const numbers = z.object({
  tasks: whole.min(1).max(100_000),
  hits: whole.min(1).max(1_000),
  patience: whole.min(1).max(3_600),
  seed: whole,
  "work-ms": whole.min(0).max(900),
  cancels: whole
    .min(0)
    .max(100)
    .default(values.plain ? 0 : 5),
});
const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** The selected names; an unknown one ends the program. */
function named<Name extends string>(list: string, names: readonly Name[]): Name[] {
  const asked = new Set(list.split(","));
  const found = names.filter((name) => asked.has(name));
  if (found.length === asked.size) return found;
  process.stderr.write(`Choose from these, separated by commas: ${names.join(", ")}.\n`);
  process.exit(1);
}

const [faults, kinds] = [named(values.faults, ALL_FAULTS), named(values.kinds, KINDS)];
const { tasks, hits, patience, cancels, seed, "work-ms": workMs } = numbers.parse(values);
const { plain, contested } = values;
const script = z.enum(SCRIPTS).parse(values.script);
const folder = values.out ?? fs.mkdtempSync(path.join(os.tmpdir(), "handoff-chaos-"));
if (fs.existsSync(runFolder(folder).run)) {
  process.stderr.write(`${folder} contains an earlier run; give another folder.\n`);
  process.exit(1);
}
print(`chaos: seed ${seed}, ${tasks} tasks, ${hits} hits of each fault, histories in ${folder}`);

const how = { patienceMs: patience * 1_000, workMs, plain, script, contested, bug: values.bug };
await runChaos({ tasks, kinds, hits, cancels, seed, faults, folder, ...how }, print);
const checker = spawn(process.execPath, [path.join(import.meta.dirname, "check.ts"), folder], { stdio: "inherit" });
checker.once("exit", (code) => {
  if (code === 0 && values.out === undefined) fs.rmSync(folder, { recursive: true });
  process.exit(code ?? 1);
});
