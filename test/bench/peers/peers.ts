import os from "node:os";
import { coldStartRows } from "./rows/cold-starts.ts";
import { producerRows } from "./rows/producers.ts";
import type { Row } from "./rows/row.ts";
import type { Setting } from "./rows/setting.ts";
import { throughRows } from "./rows/through.ts";
import { workerRows } from "./rows/workers.ts";
import type { PeerSizes } from "./sizes.ts";
import { installPeers } from "./stack/install-peers.ts";
import { makeOurBundles } from "./stack/our-bundles.ts";
import { startOurEmulators } from "./stack/our-stack.ts";

/** Measures everything, telling each part as it comes, and what was skipped. */
export async function measurePeers(sizes: PeerSizes, tell: (line: string) => void): Promise<Row[]> {
  const skip = (why: string): void => tell(`skipped ${why}`);
  const missing = await installPeers();
  if (missing !== undefined) skip(`all that comes from npm: ${missing}`);
  const bundles = await makeOurBundles();
  const rows: Row[] = [];
  try {
    const emulators = await startOurEmulators();
    const setting: Setting = { bundles, emulators, sizes, hasPeers: missing === undefined };
    try {
      for (const part of [producerRows, workerRows, coldStartRows, throughRows]) {
        const startedMs = performance.now();
        for await (const row of part(setting, skip)) rows.push(row);
        tell(`${part.name}: ${((performance.now() - startedMs) / 1_000).toFixed(0)} s, load ${loadText()}`);
      }
    } finally {
      await emulators.stop();
    }
  } finally {
    await bundles.remove();
  }
  return rows;
}

/** How busy the machine was in the last minute. */
const loadText = (): string => os.loadavg()[0]?.toFixed(1) ?? "";
