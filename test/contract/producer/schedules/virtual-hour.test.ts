import { expect, it } from "vitest";
import { emulatorDays } from "../../../schedules/emulator-days.ts";

/** `npm run schedules` runs days of it. */
it("over an hour in which Berlin's clocks change, every time creates one task in the emulators", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const faults = { lost: 0.1, doubled: 0.2, delayed: 0.2, killed: 0.05, failed: 0.05, down: 0 };
  const fromMs = Date.parse("2026-10-25T00:29:00Z");

  const { fired, broken } = await emulatorDays({ fromMs, toMs: fromMs + 3_600_000, seed, faults });

  expect({ seed, broken }).toEqual({ seed, broken: [] });
  expect(fired).toBeGreaterThan(10);
});
