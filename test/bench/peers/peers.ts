import { circumstances, commandOf, load, writeIntoPage } from "./page.ts";
import { coldStartRows } from "./rows/cold-starts.ts";
import { firestoreEmulatorRows } from "./rows/firestore-emulator.ts";
import { producerRows } from "./rows/producers.ts";
import type { Row } from "./rows/row.ts";
import type { Setting } from "./rows/setting.ts";
import { taskEmulatorRows } from "./rows/task-emulators.ts";
import { throughRows } from "./rows/through.ts";
import { workerRows } from "./rows/workers.ts";
import { PEER_SIZES, type PeerSizes } from "./sizes.ts";
import { installPeers } from "./stack/install-peers.ts";
import { makeOurBundles } from "./stack/our-bundles.ts";
import { startOurEmulators } from "./stack/our-stack.ts";
import { tableOf } from "./table.ts";

/** How a benchmark is run that takes minutes. */
export interface Choices {
  /** Whether it only tries out that everything works, in a minute or two. */
  readonly isQuick: boolean;
  /** Whether docs/performance.md is to show the figures. */
  readonly writes: boolean;
}

/** Prints our figures beside those of what people would use instead. */
export async function peers({ isQuick, writes }: Choices, print: (text: string) => void): Promise<void> {
  const loads = [load()];
  const rows = await measureRows(isQuick ? PEER_SIZES.quick : PEER_SIZES.full, (line) => {
    loads.push(load());
    print(`peers: ${line}`);
  });
  const text = `${circumstances(commandOf("peers", isQuick), loads)}\n\n${tableOf(rows)}`;
  print(`\n${text}`);
  if (writes) await writeIntoPage("peers", text);
}

async function measureRows(sizes: PeerSizes, tell: (line: string) => void): Promise<Row[]> {
  const skip = (why: string): void => tell(`skipped: ${why}`);
  const missing = await installPeers();
  if (missing !== undefined) skip(missing);
  const bundles = await makeOurBundles();
  const rows: Row[] = [];
  const parts = { producerRows, workerRows, coldStartRows, throughRows, taskEmulatorRows, firestoreEmulatorRows };
  try {
    for (const [name, part] of Object.entries(parts)) {
      const startedMs = performance.now();
      const emulators = await startOurEmulators();
      const setting: Setting = { bundles, emulators, sizes, hasPeers: missing === undefined };
      try {
        for await (const row of part(setting, skip)) rows.push(row);
      } finally {
        await emulators.stop();
      }
      const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
      tell(`${name.replace("Rows", "")} measured in ${seconds} s, load average ${load().toFixed(1)}`);
    }
  } finally {
    await bundles.remove();
  }
  return rows;
}
