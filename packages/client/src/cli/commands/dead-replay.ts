import type { Command } from "commander";
import type { Client } from "../../client.ts";
import type { LetterFilter, ReplayPage } from "../../views/dead-letter.ts";
import { confirm } from "../ask.ts";
import { RefusedError, UsageError, whyUnfinished } from "../exit.ts";
import { examples } from "../examples.ts";
import { plain } from "../output/plain.ts";
import { createProgress } from "../output/progress.ts";
import { type Session, openSession } from "../session.ts";
import { type Surroundings, canAsk } from "../surroundings.ts";
import { readKey } from "./key-option.ts";
import { addFilter, filterOf } from "./letter-filter.ts";
import { readCount } from "./number-options.ts";

interface ReplayOptions extends LetterFilter {
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly limit?: number;
  readonly again?: boolean;
  readonly key?: string;
  readonly yes?: boolean;
}

/** The most letters that one request replays. */
const PAGE_SIZE = 100;

/** Adds `handoff dead replay`. */
export function addReplay(dead: Command, surroundings: Surroundings): void {
  addFilter(dead.command("replay"))
    .description(
      "Replays a dead letter as a new task, or all open ones that match a filter. Each is replayed once, however often you " +
        "repeat the command.",
    )
    .argument("[id]", "the letter's id")
    .option("--all", "every open one")
    .option("--dry-run", "only show what would be replayed")
    .option("--limit <number>", "how many at most; default: all that match", readCount)
    .option("--again", "with an id: replay it even if it was replayed before")
    .option("--key <key>", "with --again: the same key makes the same task; default: a random one", readKey)
    .option("--yes", "don't ask first")
    .addHelpText(
      "after",
      examples(
        "npx handoff dead replay --type ledger.transfer --code unknown_account --dry-run",
        "npx handoff dead replay --type ledger.transfer --limit 100 --yes",
      ),
    )
    .action(async (id: string | undefined, options: ReplayOptions, command: Command) => {
      const filter = filterOf(options);
      const isFiltered = options.all === true || Object.keys(filter).length > 0;
      const session = openSession(command, surroundings);
      if (id !== undefined && isFiltered) throw new UsageError("Give an id or a filter, not both.");
      if (id !== undefined) return await replayOne(id, options, session);
      if (!isFiltered) throw new UsageError("Give an id, a filter such as --type, or --all.");
      if (options.again === true || options.key !== undefined) {
        throw new UsageError("--again and --key are for a single letter.");
      }
      await replayAll(filter, options, session);
    });
}

async function replayOne(id: string, { again, key, dryRun, limit }: ReplayOptions, session: Session): Promise<void> {
  const { output, connect, surroundings } = session;
  if (dryRun === true || limit !== undefined) throw new UsageError("--dry-run and --limit are for a filter.");
  if (key !== undefined && again !== true) throw new UsageError("--key is for --again.");
  const client = await connect();
  const { signal } = surroundings;
  const replayed = await client.deadLetters.replay(id, { again, idempotencyKey: key, signal });
  await output.one(replayed, () => [`Replayed as ${plain(replayed.id)}.`]);
}

async function replayAll(filter: LetterFilter, options: ReplayOptions, session: Session): Promise<void> {
  const { output, connect, surroundings } = session;
  const { dryRun = false, limit, yes } = options;
  const client = await connect();
  if (!dryRun && !(await isWanted({ filter, limit, yes }, client, surroundings))) {
    throw new RefusedError("Nothing was replayed.");
  }
  const { signal } = surroundings;
  const progress = createProgress(surroundings, "letters");
  const total = { replayed: 0, skipped: 0, failed: 0, wouldReplay: 0 };
  try {
    for await (const page of client.deadLetters.replayAll({ filter, dryRun, most: limit }, { signal })) {
      for (const item of page.items) {
        total[item.outcome === "would-replay" ? "wouldReplay" : item.outcome] += 1;
        // A terminal shows the bar, and needs only the failures.
        if (!output.isJson && !dryRun && item.outcome !== "failed") continue;
        progress.clear();
        await output.one(item, () => linesOf(item));
      }
      const done = total.replayed + total.skipped + total.failed;
      progress.update(done, limit === undefined ? undefined : done / limit);
    }
  } catch (error) {
    progress.clear();
    throw dryRun ? error : whyUnfinished(error, surroundings);
  }
  progress.clear();
  const { replayed, skipped, failed, wouldReplay } = total;
  output.note(
    dryRun ? `${wouldReplay} would be replayed.` : `${replayed} replayed, ${skipped} skipped, ${failed} failed.`,
  );
  if (failed > 0) throw new RefusedError("Repeat the command for those that failed: each letter is replayed once.");
}

/** Asks first, with the number of letters, unless --yes says not to. */
async function isWanted(
  {
    filter,
    limit,
    yes,
  }: { readonly filter: LetterFilter; readonly limit: number | undefined; readonly yes: boolean | undefined },
  client: Client,
  surroundings: Surroundings,
): Promise<boolean> {
  if (yes === true) return true;
  const count = canAsk(surroundings) ? await countFirst({ filter, limit }, client, surroundings) : "";
  return await confirm(
    { question: `Replay ${count} dead ${count === "1" ? "letter" : "letters"}? [y/N]`, yes },
    surroundings,
  );
}

async function countFirst(
  { filter, limit }: { readonly filter: LetterFilter; readonly limit: number | undefined },
  client: Client,
  { signal }: Surroundings,
): Promise<string> {
  const most = Math.min(limit ?? PAGE_SIZE, PAGE_SIZE);
  for await (const page of client.deadLetters.replayAll({ filter, dryRun: true, most }, { signal })) {
    const count = page.items.filter(({ outcome }) => outcome === "would-replay").length;
    return count < PAGE_SIZE || count === limit ? String(count) : `${count} or more`;
  }
  return "no";
}

function linesOf({ id, outcome, replayedAs, problem }: ReplayPage["items"][number]): string[] {
  const what = replayedAs ?? problem?.detail ?? problem?.title;
  return [plain([id, outcome, what].filter((part) => part !== undefined).join("  "))];
}
