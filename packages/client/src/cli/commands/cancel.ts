import type { Command } from "commander";
import { examples } from "../examples.ts";
import { openSession } from "../session.ts";
import type { Surroundings } from "../surroundings.ts";
import type { Cancelled } from "../../views/task.ts";

/** Adds `handoff cancel`. */
export function addCancel(program: Command, surroundings: Surroundings): void {
  program
    .command("cancel")
    .summary("cancel a task")
    .description(
      "Cancels a task that has not ended. If an attempt is running, it runs to its end, and its outcome counts.",
    )
    .argument("<id>", "the task's id")
    .addHelpText(
      "after",
      examples(
        'npx handoff cancel "$(npx handoff enqueue canary.claim --key help-cancel --delay 3600 --payload \'{"sentAt":"2030-01-01T00:00:00Z"}\' --id)"',
      ),
    )
    .action(async (id: string, _: object, command: Command) => {
      const { output, connect } = openSession(command, surroundings);
      const client = await connect();
      const cancelled = await client.cancel(id, { signal: surroundings.signal });
      await output.one({ id, ...cancelled }, () => [describe(cancelled)]);
    });
}

function describe(cancelled: Cancelled): string {
  if (cancelled.state === "running") {
    return "An attempt is running. Unless it succeeds, the task is cancelled when it ends.";
  }
  return cancelled.mayHaveRun ? "Cancelled. An attempt of it may have run." : "Cancelled before it ran.";
}
