import { openJournal } from "../../../src/kernel/journal/journal.ts";

/** A program that opens the journal it is told to, says whether it could, and keeps it until it is killed. */
const [path = ""] = process.argv.slice(2);
try {
  const journal = await openJournal<number>({ path, restore: () => undefined, snapshot: () => [] });
  journal.append(process.pid);
  process.stdout.write("open\n");
  setInterval(() => undefined, 60_000);
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
}
