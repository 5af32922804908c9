import { type Command, Option } from "commander";
import type { Idempotency } from "../../../../../shared/contract/task-type.ts";
import { examples } from "../examples.ts";
import { createOutput } from "../output/output.ts";
import type { Surroundings } from "../surroundings.ts";

const KINDS: readonly Idempotency[] = ["claim", "natural", "transaction"];

/** Adds `handoff new`. */
export function addNew(program: Command, surroundings: Surroundings): void {
  program
    .command("new")
    .summary("write a new task type, with its handler and a test")
    .description(
      "Writes a task type, its handler and a test, and adds both to their indexes. It works only in your project's folder.",
    )
    .argument("<type>", "the type's name, such as email.send; it is stable for ever")
    .addOption(new Option("--kind <kind>", "why running it twice is harmless").choices(KINDS).makeOptionMandatory())
    .option("--queue <queue>", "the key of its queue", "default")
    .addHelpText("after", examples("npx handoff new email.send --kind claim"))
    .action(async (type: string, { kind, queue }: { kind: Idempotency; queue: string }, command: Command) => {
      const { json } = command.optsWithGlobals<{ readonly json?: boolean }>();
      const output = createOutput(surroundings, json === true);
      const { addType } = await import("../new-type/add-type.ts");
      const files = await addType({ type, kind, queue }, surroundings.cwd);
      await output.one({ type, kind, files }, () => [
        ...files.map((file) => `wrote ${file}`),
        "Describe the payload, write the work, and run: npm run check:static",
      ]);
    });
}
