import { parseArgs } from "node:util";
import { startFirestoreEmulator } from "../../services/local/firestore/emulator.ts";
import { measureBundle } from "./bundles.ts";
import { measureDispatches } from "./dispatches.ts";
import { measureStartUps } from "./start-ups.ts";
import { measureTransactions } from "./transactions.ts";

/** `npm run bench`: what the emulators and the bundles cost on this machine. `-- --small` only shows that it still runs. */
const { values } = parseArgs({ options: { small: { type: "boolean", default: false } } });
const sizes = values.small
  ? { starts: 1, pairs: 1, transactions: 50, tasks: 50 }
  : { starts: 9, pairs: 15, transactions: 5_000, tasks: 20_000 };

for (const emulator of ["cloud-tasks", "firestore"] as const) {
  const { importMs, listenMs, firstCallMs, coldMs, warmMs } = await measureStartUps(emulator, sizes.starts);
  print(
    `${emulator}: in-process start to the first call's answer: cold ${coldMs.toFixed(0)} ms ` +
      `(import ${importMs.toFixed(0)}, listen ${listenMs.toFixed(0)}, Google's client and its call ${firstCallMs.toFixed(0)}), ` +
      `warm ${warmMs.toFixed(0)} ms (medians of ${sizes.starts} processes)`,
  );
}

for (const service of ["producer", "worker"] as const) {
  const { sources, bundled, bundleMib } = await measureBundle(service, sizes.pairs);
  print(
    `${service}: listening after ${bundled.listeningMs.toFixed(0)} ms from its bundle of ${bundleMib.toFixed(1)} MiB, ` +
      `${sources.listeningMs.toFixed(0)} ms from its sources, ratio ${(bundled.listeningMs / sources.listeningMs).toFixed(2)}; ` +
      `memory then ${bundled.residentMib.toFixed(0)} and ${sources.residentMib.toFixed(0)} MiB ` +
      `(medians of ${sizes.pairs} pairs, in turn)`,
  );
}

const firestore = await startFirestoreEmulator();
const transactions = await measureTransactions(`${firestore.host}:${firestore.port}`, sizes.transactions);
await firestore.stop();
print(
  `firestore: ${transactions.toFixed(0)} transactions/s (${sizes.transactions} of one read and one write, 32 at once; ` +
    "client and emulator in one process)",
);

const { created, dispatched } = await measureDispatches(sizes.tasks);
print(
  `cloud-tasks: ${created.toFixed(0)} tasks/s created, ${dispatched.toFixed(0)} tasks/s dispatched from a backlog ` +
    `(${sizes.tasks} tasks in 20 queues; client, emulator and target in one process)`,
);

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
