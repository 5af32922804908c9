import { setImmediate as nextTurn } from "node:timers/promises";
import type { RawHarness } from "../harness.ts";
import { readTexts } from "./raw-transaction.ts";

/** Whether a call is still pending after the emulator has responded to later ones. */
export async function isPending(call: Promise<unknown>, raw: RawHarness): Promise<boolean> {
  let settled = false;
  const settle = (): void => {
    settled = true;
  };
  call.then(settle, settle);
  for (let round = 0; round < 3; round++) {
    await readTexts(raw, ["other/document"]);
    await nextTurn();
  }
  return !settled;
}
