import { type EmulatorProgram, startEmulatorProcess } from "../processes/emulator-process.ts";
import { median } from "../median.ts";
import type { Sizes } from "../sizes.ts";

/** Median time, in milliseconds, from the start of a process to its first call's response, for each emulator in turn. */
export async function measureProcessStarts(
  programs: readonly EmulatorProgram[],
  { starts, uncounted }: Pick<Sizes, "starts" | "uncounted">,
): Promise<number[]> {
  const all: number[][] = programs.map(() => []);
  for (let round = -uncounted; round < starts; round++) {
    for (const [index, program] of programs.entries()) {
      const running = await startEmulatorProcess(program);
      await running.stop();
      if (round >= 0) all[index]?.push(running.answeredAfterMs);
    }
  }
  return all.map(median);
}
