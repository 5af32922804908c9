import * as z from "zod";
import type { KillStack } from "./kill-stack.ts";

const historySchema = z.object({ attempts: z.array(z.looseObject({ task: z.string(), dispatch: z.number() })) });

/** How often each task was put into its queue, by its name in Cloud Tasks: each time has a first attempt. */
export async function countEnqueued({ emulators }: KillStack): Promise<ReadonlyMap<string, number>> {
  const answer = await fetch(`${emulators.tasks.url}/_emulator/history`);
  const { attempts } = historySchema.parse(await answer.json());
  const counts = new Map<string, number>();
  for (const { task, dispatch } of attempts) {
    const name = task.slice(task.lastIndexOf("/") + 1);
    if (dispatch === 1) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
