import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { ALL_FAULTS } from "./faults/fault-names.ts";
import { KINDS } from "./load/task-types.ts";
import { runChaos } from "./run.ts";
import { runFolder } from "./run-folder.ts";

/**
 * `npm run chaos`: sends tasks of all kinds to real producers and workers while injecting faults; then a checker
 * decides whether the promises were kept. `-- --seed N` repeats a run's plan.
 */
const { values } = parseArgs({
  options: {
    tasks: { type: "string", default: "500" },
    hits: { type: "string", default: "5" },
    seed: { type: "string", default: String(randomInt(1, 1_000_000)) },
    /** Only these faults, and these kinds of tasks; separated by commas. */
    faults: { type: "string", default: ALL_FAULTS.join(",") },
    kinds: { type: "string", default: KINDS.join(",") },
    /** Only tasks that succeed at once. */
    plain: { type: "boolean", default: false },
    /** The longest that handlers work before and after their effect, in milliseconds. Their budget is 2 s. */
    "work-ms": { type: "string", default: "250" },
    /** Where the histories are kept. Default: a temporary folder, removed if the run kept all promises. */
    out: { type: "string" },
    /** A known bug to give the workers. */
    bug: { type: "string" },
  },
});
const whole = z.coerce.number().int();
const numbers = z.object({
  tasks: whole.min(1).max(100_000),
  hits: whole.min(1).max(1_000),
  seed: whole,
  "work-ms": whole.min(0).max(900),
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
const { tasks, hits, seed, "work-ms": workMs } = numbers.parse(values);
const folder = values.out ?? fs.mkdtempSync(path.join(os.tmpdir(), "handoff-chaos-"));
if (fs.existsSync(runFolder(folder).run)) {
  process.stderr.write(`${folder} contains an earlier run; give another folder.\n`);
  process.exit(1);
}
print(`chaos: seed ${seed}, ${tasks} tasks, ${hits} hits of each fault, histories in ${folder}`);

await runChaos({ tasks, kinds, hits, seed, faults, folder, workMs, plain: values.plain, bug: values.bug }, print);
const checker = spawn(process.execPath, [path.join(import.meta.dirname, "check.ts"), folder], { stdio: "inherit" });
checker.once("exit", (code) => {
  if (code === 0 && values.out === undefined) fs.rmSync(folder, { recursive: true });
  process.exit(code ?? 1);
});
