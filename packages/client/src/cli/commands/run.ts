import type { Command } from "commander";
import { examples } from "../examples.ts";
import { describeTask } from "../output/describe-task.ts";
import { openSession } from "../session.ts";
import type { Surroundings } from "../surroundings.ts";

/** Adds `handoff run`. */
export function addRun(program: Command, surroundings: Surroundings): void {
  program
    .command("run")
    .summary("run a task now, or at another time")
    .description(
      "Runs a task that is waiting for its time: now, or at another time. A task that is running or has ended is refused.",
    )
    .argument("<id>", "the task's id")
    .option("--at <time>", "when to run it, in RFC 3339 such as 2030-01-01T00:00:00Z; default: now")
    .addHelpText(
      "after",
      examples(
        'npx handoff run "$(npx handoff enqueue canary.claim --key help-run --delay 3600 --payload \'{"sentAt":"2030-01-01T00:00:00Z"}\' --id)"',
      ),
    )
    .action(async (id: string, { at }: { readonly at?: string }, command: Command) => {
      const { output, connect } = openSession(command, surroundings);
      const client = await connect();
      const task = await client.run(id, { scheduleTime: at, signal: surroundings.signal });
      await output.one(task, () => describeTask(task, output));
    });
}
