import { readArguments } from "../harness/runtime/read-arguments.ts";
import { BENCHMARKS } from "./benchmarks.ts";
import { lateBundles } from "./measures/bundles.ts";
import { ON_REQUEST } from "./on-request.ts";
import { SIZES } from "./sizes.ts";

const names = [...BENCHMARKS.keys(), ...ON_REQUEST.keys()];
const USAGE = `npm run bench [-- [NAME...] [--small] [--quick] [--write]]

What the emulators, the bundles and requests at the services cost on this machine, each figure with its size.

  NAME      only these: ${names.join(", ")}
  --small   only shows that they still run, without Google's emulator

Two run only when they are named: peers, our figures beside those of what people would use instead, and growth, how costs
grow with what is queued, connections and payloads. They take minutes; docs/performance.md says what they need.

  --quick   only tries them out
  --write   puts what they measured into docs/performance.md
`;

const flag = { type: "boolean", default: false } as const;
const { values, positionals } = readArguments(USAGE, { small: flag, quick: flag, write: flag });
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`There is no benchmark ${unknown.join(", ")}; there are ${names.join(", ")}.\n`);
  process.exit(1);
}
const bundles = lateBundles();
try {
  for (const [name, run] of BENCHMARKS) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const lines = run(values.small ? SIZES.small : SIZES.full, bundles);
    for await (const line of lines) process.stdout.write(`${name}: ${line}\n`);
  }
} finally {
  await bundles.remove();
}
for (const [name, run] of ON_REQUEST) {
  if (!positionals.includes(name)) continue;
  await run({ isQuick: values.quick, writes: values.write }, (text) => process.stdout.write(`${text}\n`));
}
