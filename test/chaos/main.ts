import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { ALL_FAULTS } from "./faults/fault-names.ts";
import { runChaos } from "./run.ts";

/**
 * `npm run chaos`: tasks of all kinds at real producers and workers, while much goes wrong on purpose; then a checker
 * looks whether the promises were kept. `-- --seed N` repeats a run's plan.
 */
const { values } = parseArgs({
  options: {
    tasks: { type: "string", default: "500" },
    hits: { type: "string", default: "5" },
    seed: { type: "string", default: String(randomInt(1, 1_000_000)) },
    /** Some faults only, separated by commas. */
    faults: { type: "string", default: ALL_FAULTS.join(",") },
    /** Where the histories are kept. Default: a temporary folder, removed after a run that kept all promises. */
    out: { type: "string" },
    /** A known bug that the workers are to have. */
    bug: { type: "string" },
  },
});
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const asked = new Set(values.faults.split(","));
const faults = ALL_FAULTS.filter((name) => asked.has(name));
if (faults.length !== asked.size) {
  process.stderr.write(`There are these faults: ${ALL_FAULTS.join(", ")}.\n`);
  process.exit(1);
}
const [tasks, hits, seed] = [Number(values.tasks), Number(values.hits), Number(values.seed)];
const folder = values.out ?? fs.mkdtempSync(path.join(os.tmpdir(), "handoff-chaos-"));
print(`chaos: seed ${seed}, ${tasks} tasks, ${hits} hits of each fault, histories in ${folder}`);

await runChaos({ tasks, hits, seed, faults, folder, bug: values.bug }, print);
const checker = spawn(process.execPath, [path.join(import.meta.dirname, "check.ts"), folder], { stdio: "inherit" });
checker.once("exit", (code) => {
  if (code === 0 && values.out === undefined) fs.rmSync(folder, { recursive: true });
  process.exit(code ?? 1);
});
