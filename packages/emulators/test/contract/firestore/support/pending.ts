import { setImmediate as nextTurn } from "node:timers/promises";
import type { RawBundle } from "./harness.ts";
import { readTexts } from "./raw-transaction.ts";

/** Whether a call is still unanswered after the emulator has answered others, and so has had its chance. */
export async function isPending(call: Promise<unknown>, raw: RawBundle): Promise<boolean> {
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
