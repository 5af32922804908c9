import type { Command } from "commander";
import { RefusedError } from "../exit.ts";
import { examples } from "../examples.ts";
import { describeTask } from "../output/describe-task.ts";
import { openSession } from "../session.ts";
import type { Surroundings } from "../surroundings.ts";
import type { Task } from "../../views/task.ts";

/** Longer than any task lives: the person watching decides when to stop. */
const WATCH_MS = 365 * 24 * 3_600_000;

const BAD_ENDS: ReadonlySet<string> = new Set(["dead", "cancelled", "removed"]);

interface StatusOptions {
  readonly watch?: boolean;
  readonly payload?: boolean;
}

/** Adds `handoff status`. */
export function addStatus(program: Command, surroundings: Surroundings): void {
  program
    .command("status")
    .summary("show a task")
    .description("Shows a task: its state, its attempts, and when the next one is due.")
    .argument("<id>", "the task's id")
    .option("--watch", "show each change until it has ended; the exit code is 1 unless it was done")
    .option("--payload", "with its payload, while it is queued or dead; for operators")
    .addHelpText(
      "after",
      examples(
        'npx handoff status "$(npx handoff enqueue canary.claim --key help-status --payload \'{"sentAt":"2030-01-01T00:00:00Z"}\' --id)" --watch',
      ),
    )
    .action(async (id: string, { watch, payload }: StatusOptions, command: Command) => {
      const { output, connect } = openSession(command, surroundings);
      const client = await connect();
      const { signal } = surroundings;
      const show = (task: Task) => output.one(task, () => describeTask(task, output));
      if (watch !== true) return await show(await client.get(id, { includePayload: payload, signal }));
      let last: Task | undefined;
      for await (const task of client.watch(id, { timeoutMs: WATCH_MS, signal })) {
        await show(task);
        last = task;
      }
      if (last && BAD_ENDS.has(last.state)) throw new RefusedError(`The task is ${last.state}.`);
    });
}
