import type { Command } from "commander";
import { examples } from "../examples.ts";
import { LETTER_COLUMNS, describeLetter } from "../output/describe-letter.ts";
import { pagesOf } from "../output/pages.ts";
import { plain, plainTime } from "../output/plain.ts";
import type { Column } from "../output/table.ts";
import { openSession } from "../session.ts";
import type { Surroundings } from "../surroundings.ts";
import type { DeadLetter, LetterFilter, LetterSummary } from "../../views/dead-letter.ts";
import { addReplay } from "./dead-replay.ts";
import { addFilter, filterOf } from "./letter-filter.ts";
import { readCount } from "./number-options.ts";

interface ListOptions extends LetterFilter {
  readonly replayed?: boolean;
  readonly ids?: boolean;
  readonly limit: number;
}

const SUMMARY_COLUMNS: readonly Column<LetterSummary["items"][number]>[] = [
  { title: "TYPE", of: ({ type }) => type },
  { title: "CODE", of: ({ code }) => code },
  { title: "COUNT", of: ({ count }) => count, align: "right" },
  { title: "NEWEST", of: ({ newestDiedAt }) => plainTime(newestDiedAt) },
];

/** Adds `handoff dead` and its commands. */
export function addDead(program: Command, surroundings: Surroundings): void {
  const dead = program
    .command("dead")
    .summary("list, show, replay and delete dead letters")
    .description("Shows dead letters, replays them as new tasks, and deletes them.");
  addList(dead, surroundings);
  addSummary(dead, surroundings);
  addShow(dead, surroundings);
  addDelete(dead, surroundings);
  addReplay(dead, surroundings);
}

function addList(dead: Command, surroundings: Surroundings): void {
  addFilter(dead.command("list"))
    .description("Lists dead letters, newest first.")
    .option("--replayed", "those that were replayed; default: the open ones")
    .option("--limit <number>", "how many at most", readCount, 50)
    .option("--ids", "print only their ids")
    .addHelpText("after", examples("npx handoff dead list --type ledger.transfer --limit 10"))
    .action(async ({ replayed, limit, ids, ...filter }: ListOptions, command: Command) => {
      const { output, connect } = openSession(command, surroundings);
      const client = await connect();
      const status = replayed === true ? "replayed" : "open";
      const letters = client.deadLetters.list({ ...filterOf(filter), status }, { signal: surroundings.signal });
      if (ids === true) return await printIds(pagesOf(letters, limit), surroundings);
      await output.rows(pagesOf(letters, limit), LETTER_COLUMNS, { none: "There are no such dead letters." });
    });
}

async function printIds(pages: AsyncIterable<readonly DeadLetter[]>, { stdout }: Surroundings): Promise<void> {
  for await (const page of pages) stdout.write(page.map(({ id }) => `${plain(id)}\n`).join(""));
}

function addSummary(dead: Command, surroundings: Surroundings): void {
  dead
    .command("summary")
    .description("Counts the open dead letters by type and error: the newest 1,000 of them.")
    .addHelpText("after", examples("npx handoff dead summary"))
    .action(async (_: object, command: Command) => {
      const { output, connect } = openSession(command, surroundings);
      const client = await connect();
      const { items, complete } = await client.deadLetters.summary({ signal: surroundings.signal });
      await output.rows([items], SUMMARY_COLUMNS, { none: "There are no open dead letters." });
      if (!complete) output.note("These are the newest 1,000. There are more.");
    });
}

function addShow(dead: Command, surroundings: Surroundings): void {
  dead
    .command("show")
    .description("Shows a dead letter: its error and its attempts.")
    .argument("<id>", "the letter's id")
    .option("--payload", "with its payload; for operators")
    .addHelpText("after", examples(`npx handoff dead show "$(npx handoff dead list --limit 1 --ids)" --payload`))
    .action(async (id: string, { payload }: { readonly payload?: boolean }, command: Command) => {
      const { output, connect } = openSession(command, surroundings);
      const client = await connect();
      const letter = await client.deadLetters.get(id, { includePayload: payload, signal: surroundings.signal });
      await output.one(letter, () => describeLetter(letter, output));
    });
}

function addDelete(dead: Command, surroundings: Surroundings): void {
  dead
    .command("delete")
    .description("Deletes a dead letter permanently.")
    .argument("<id>", "the letter's id")
    .addHelpText("after", examples(`npx handoff dead delete "$(npx handoff dead list --limit 1 --ids)"`))
    .action(async (id: string, _: object, command: Command) => {
      const { output, connect } = openSession(command, surroundings);
      const client = await connect();
      await client.deadLetters.delete(id, { signal: surroundings.signal });
      await output.one({ id, deleted: true }, () => [`Deleted.`]);
    });
}
