import { readArguments } from "../harness/runtime/read-arguments.ts";
import { BENCHMARKS } from "./benchmarks.ts";
import { SIZES } from "./sizes.ts";

const USAGE = `npm run bench [-- [NAME...] [--small]]

What the emulators, the bundles and requests at the services cost on this machine, each figure with its size.

  NAME      only these: ${[...BENCHMARKS.keys()].join(", ")}
  --small   only shows that they still run, without Google's emulator
`;

const { values, positionals } = readArguments(USAGE, { small: { type: "boolean", default: false } });
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
