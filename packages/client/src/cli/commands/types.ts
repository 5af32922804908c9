import type { Command } from "commander";
import { examples } from "../examples.ts";
import type { Column } from "../output/table.ts";
import { openSession } from "../session.ts";
import type { Surroundings } from "../surroundings.ts";
import type { TaskTypeInfo } from "../../views/service.ts";

const COLUMNS: readonly Column<TaskTypeInfo>[] = [
  { title: "TYPE", of: ({ type }) => type },
  { title: "KIND", of: ({ idempotency }) => idempotency },
  { title: "QUEUE", of: ({ queue }) => queue },
  { title: "ATTEMPTS", of: ({ attempts }) => attempts, align: "right" },
  { title: "TIMEOUT", of: ({ timeoutMs }) => `${timeoutMs / 1_000} s`, align: "right" },
];

/** Adds `handoff types`. */
export function addTypes(program: Command, surroundings: Surroundings): void {
  program
    .command("types")
    .summary("list the task types")
    .description("Lists the task types that the producer knows. JSON has the schemas of their payloads, too.")
    .addHelpText("after", examples("npx handoff types"))
    .action(async (_: object, command: Command) => {
      const { output, connect } = openSession(command, surroundings);
      const client = await connect();
      const types = await client.taskTypes({ signal: surroundings.signal });
      await output.rows([types], COLUMNS, { none: "There are no task types." });
    });
}
