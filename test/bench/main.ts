import { parseArgs } from "node:util";
import { BENCHMARKS } from "./benchmarks.ts";
import { SIZES } from "./sizes.ts";

/**
 * `npm run bench`: what the emulators and the bundles cost on this machine, each figure with its size. Arguments select
 * benchmarks by name; `-- --small` only shows that they still run, without Google's emulator.
 */
const { values, positionals } = parseArgs({
  options: { small: { type: "boolean", default: false } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !BENCHMARKS.has(name));
if (unknown.length > 0) {
  process.stderr.write(
    `There is no benchmark ${unknown.join(", ")}; there are ${[...BENCHMARKS.keys()].join(", ")}.\n`,
  );
  process.exit(1);
}
for (const [name, run] of BENCHMARKS) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  for await (const line of run(values.small ? SIZES.small : SIZES.full)) process.stdout.write(`${name}: ${line}\n`);
}
