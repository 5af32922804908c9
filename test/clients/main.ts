import { readArguments } from "../harness/runtime/read-arguments.ts";
import { failuresOf, report } from "./part.ts";
import { PARTS } from "./parts.ts";

const names = PARTS.map(({ name }) => name);
const USAGE = `npm run test:clients [-- NAME...]

Other languages' clients against the emulators, and our client in other runtimes, as far as they are installed. Fails if a
test does that should pass. This brings the runtimes:

  npm install --prefix .local/clients bun deno workerd

  NAME   only these parts: ${names.join(", ")}
`;

const { positionals } = readArguments(USAGE, {});
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`There is no part ${unknown.join(", ")}; there are ${names.join(", ")}.\n`);
  process.exit(1);
}
let failures = 0;
for (const { name, run } of PARTS) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const result = await run();
  failures += failuresOf(result).length;
  process.stdout.write(
    report(name, result)
      .map((line) => `${line}\n`)
      .join(""),
  );
}
process.exitCode = failures === 0 ? 0 : 1;
