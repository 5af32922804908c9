import { type EmulatorProgram, startEmulatorProcess } from "../processes/emulator-process.ts";
import { median } from "../median.ts";

/**
 * Median time, in milliseconds, from the start of a process to its first call's response, for each emulator in turn.
 * The first start of each is not counted: it brings files into memory and compiled code into Node's cache.
 */
export async function measureProcessStarts(programs: readonly EmulatorProgram[], rounds: number): Promise<number[]> {
  const all: number[][] = programs.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, program] of programs.entries()) {
      const running = await startEmulatorProcess(program);
      await running.stop();
      if (round > 0) all[index]?.push(running.answeredAfterMs);
    }
  }
  return all.map(median);
}
