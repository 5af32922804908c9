import { setImmediate as nextTurn } from "node:timers/promises";
import type { RawHarness } from "../harness.ts";
import { type RawTransaction, type RawWrite, begin, commit } from "./raw-transaction.ts";
import type { Event, Observation } from "./serial-order.ts";

const COLLECTION = "c";
const PATHS = [`${COLLECTION}/x`, `${COLLECTION}/y`, `${COLLECTION}/z`];
const GROUPS = ["red", "blue"];
const MAX_STEPS = 3;
const MAX_PAUSE_TURNS = 6;

const ALREADY_EXISTS = 6;
const ABORTED = 10;

/** What the transactions of one history share: randomness, a counter for moments, and names for writes. */
export interface World {
  readonly random: () => number;
  readonly moment: () => number;
  readonly nextTag: () => string;
}

/** Runs one random transaction. Null when it was aborted, so that it must have had no effect. */
export async function runRandomTransaction(raw: RawHarness, world: World): Promise<Event | null> {
  const startedAt = world.moment();
  const writes = randomWrites(world);
  if (world.random() < 0.2) return settle(commit(raw, writes), { world, startedAt, observations: [], writes });

  const readOnly = world.random() < 0.2;
  const transaction = await begin(raw, { readOnly });
  const observations: Observation[] = [];
  try {
    const steps = 1 + pickIndex(MAX_STEPS, world);
    for (let step = 0; step < steps; step++) {
      observations.push(...(await observe(transaction, world)));
      await pause(world);
    }
  } catch (error) {
    if (codeOf(error) === ABORTED) return null;
    throw error;
  }
  const written = readOnly ? [] : writes;
  return settle(transaction.commit(...written), { world, startedAt, observations, writes: written });
}

/** Reads everything at the end, to find what an aborted transaction may have left. */
export async function readEverything(raw: RawHarness, world: World): Promise<Event> {
  const startedAt = world.moment();
  const transaction = await begin(raw, { readOnly: true });
  const found = await transaction.read(...PATHS);
  const observations = PATHS.map((path, index): Observation => ({ kind: "document", path, tag: tagOf(found[index]) }));
  return { startedAt, endedAt: world.moment(), observations, writes: [] };
}

async function observe(transaction: RawTransaction, world: World): Promise<Observation[]> {
  if (world.random() < 0.3) {
    const group = pick(GROUPS, world);
    const found = await transaction.query(COLLECTION, "group", group);
    return [{ kind: "group", group, found: found.map(([path, fields]) => `${path}=${tagOf(fields)}`) }];
  }
  const paths = world.random() < 0.5 ? [pick(PATHS, world)] : PATHS.slice(pickIndex(2, world));
  const found = await transaction.read(...paths);
  return paths.map((path, index) => ({ kind: "document", path, tag: tagOf(found[index]) }));
}

/** None, one or two writes to different documents. */
function randomWrites(world: World): RawWrite[] {
  const paths = PATHS.filter(() => world.random() < 0.4).slice(0, 2);
  return paths.map((path) => {
    if (world.random() < 0.2) return { path, fields: null };
    const fields = { tag: world.nextTag(), group: pick(GROUPS, world) };
    return { path, fields, create: world.random() < 0.3 };
  });
}

async function settle(
  committing: Promise<void>,
  attempt: {
    world: World;
    startedAt: number;
    observations: readonly Observation[];
    writes: readonly RawWrite[];
  },
): Promise<Event | null> {
  const { world, startedAt, observations, writes } = attempt;
  try {
    await committing;
  } catch (error) {
    if (codeOf(error) === ABORTED) return null;
    if (codeOf(error) !== ALREADY_EXISTS) throw error;
    const [only, another] = writes.filter((write) => write.create);
    // With two creations it is not known which of them was refused.
    const refused: Observation[] = only && !another ? [{ kind: "exists", path: only.path }] : [];
    return { startedAt, endedAt: world.moment(), observations: [...observations, ...refused], writes: [] };
  }
  const missing = writes.flatMap(({ path, create }): Observation[] =>
    create === true ? [{ kind: "document", path, tag: null }] : [],
  );
  return {
    startedAt,
    endedAt: world.moment(),
    observations: [...observations, ...missing],
    writes: writes.map(({ path, fields }) => ({
      path,
      content: fields && { tag: fields["tag"] ?? "", group: fields["group"] ?? "" },
    })),
  };
}

async function pause(world: World): Promise<void> {
  for (let turns = pickIndex(MAX_PAUSE_TURNS, world); turns > 0; turns--) await nextTurn();
}

const tagOf = (fields: Readonly<Record<string, string>> | null | undefined): string | null => fields?.["tag"] ?? null;

const pickIndex = (count: number, world: World): number => Math.floor(world.random() * count);

function pick<T>(items: readonly T[], world: World): T {
  const item = items[pickIndex(items.length, world)];
  if (item === undefined) throw new Error("There is nothing to pick from.");
  return item;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
