import { measureCompaction } from "../../measures/compaction.ts";
import type { Row } from "./row.ts";
import type { Setting } from "./setting.ts";

/** The emulator of Firestore with many records in its journal. */
export async function* firestoreEmulatorRows({ sizes }: Setting): AsyncGenerator<Row> {
  const { longestPauseMs, restartMs } = await measureCompaction("firestore", sizes.records);
  const what = `Firestore emulator, ${sizes.records.toLocaleString("en-US")} records`;
  yield {
    what: `${what}: longest pause of a compaction`,
    unit: "ms",
    before: 4_700,
    ours: longestPauseMs,
    aim: 50,
    beside: [],
  };
  yield { what: `${what}: restart`, unit: "s", before: 11.8, ours: restartMs / 1_000, aim: 4, beside: [] };
}
