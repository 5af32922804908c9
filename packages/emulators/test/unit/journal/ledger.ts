import path from "node:path";
import { onTestFinished } from "vitest";
import { type Journal, openJournal } from "../../../src/kernel/journal/journal.ts";
import { type LogEntry, recordingLog } from "../../support/recorded-log.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

/** A change to the ledger: what is under a key from now on. */
export interface Entry {
  readonly key: string;
  readonly value: unknown;
}

/** A small state that lives in a journal, as an emulator's does. */
export interface Ledger {
  readonly path: string;
  readonly journal: Journal<Entry>;
  readonly state: Map<string, unknown>;
  readonly logged: readonly LogEntry[];
  set(key: string, value: unknown): void;
  close(): Promise<void>;
}

/** A journal's path in a temporary folder. Neither it nor the folder around it exists yet. */
export const newJournalPath = (): string => path.join(temporaryFolder(), "state", "ledger.jsonl");

interface LedgerOptions {
  readonly fresh?: boolean;
  readonly turn?: () => Promise<void>;
  /** Replaces the snapshot, to make it fail for example. */
  readonly snapshot?: (state: Map<string, unknown>) => Iterable<Entry>;
}

/** Opens a ledger until the test ends. */
export async function openLedger(file = newJournalPath(), options: LedgerOptions = {}): Promise<Ledger> {
  const { fresh = false, turn, snapshot = entriesOf } = options;
  const state = new Map<string, unknown>();
  const logged: LogEntry[] = [];
  const journal = await openJournal<Entry>({
    path: file,
    fresh,
    restore: ({ key, value }) => void state.set(key, value),
    snapshot: () => snapshot(state),
    log: recordingLog((entry) => logged.push(entry)),
    ...(turn ? { turn } : {}),
  });
  onTestFinished(() => journal.close());
  return {
    path: file,
    journal,
    state,
    logged,
    set(key, value) {
      journal.append({ key, value });
      state.set(key, value);
    },
    close: () => journal.close(),
  };
}

/** What a ledger holds, as another run finds it. */
export async function stored(file: string): Promise<Record<string, unknown>> {
  const ledger = await openLedger(file);
  await ledger.close();
  return Object.fromEntries(ledger.state);
}

function* entriesOf(state: Map<string, unknown>): Generator<Entry> {
  for (const [key, value] of state) yield { key, value };
}

/** The messages of a log, with their levels. */
export const messages = ({ logged }: Pick<Ledger, "logged">): string[] =>
  logged.map(({ level, message }) => `${level}: ${message}`);
