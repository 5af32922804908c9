import type { Running, World } from "./world.ts";

/** Leases are compared by the millisecond; what lasts for days, by half days. */
const HALF_DAY_MS = 12 * 60 * 60_000;

/**
 * What a world's future depends on, as text: worlds with the same key behave alike, so only one of them need be
 * followed. Names, times, versions and fences count only relative to one another.
 */
export function worldKey(world: World): string {
  const { record, nowMs, running, hung, letters } = world;
  const names = new Map<string, number>();
  const name = (owner: string): number => {
    const known = names.get(owner) ?? names.size;
    names.set(owner, known);
    return known;
  };
  const isEffective = (owner: string): boolean => world.effects.includes(owner);
  const attempt = (one: Running) => [
    name(one.owner),
    isEffective(one.owner),
    one.state,
    one.life === world.life,
    one.isFirstDispatch,
    halfDaysUntil(one.enqueuedAtMs, nowMs),
    dependsOnNumbers(one, world) && [
      one.numbers.fence - (record?.fence ?? 0),
      one.numbers.attempts,
      one.read === null,
      one.version === world.version,
    ],
    Math.max(0, (one.leaseEndMs ?? 0) - nowMs),
  ];
  const landing = hung?.commit.record?.(nowMs);
  return JSON.stringify([
    record && [
      name(record.owner),
      isEffective(record.owner),
      record.state,
      record.fence === 0,
      record.attempts,
      record.unknownTypes ?? 0,
      record.cancelRequestedAt !== undefined,
      Math.max(0, (record.claimedAt?.toMillis() ?? 0) + record.leaseMs - nowMs),
      Math.max(0, halfDaysUntil(record.expireAt.toMillis(), nowMs)),
    ],
    running.map(attempt),
    hung && [
      hung.version === world.version,
      hung.commit.fence - (record?.fence ?? 0),
      hung.commit.letter,
      hung.commit.effect !== undefined && isEffective(hung.commit.effect.owner),
      landing && [
        name(landing.owner),
        landing.state,
        landing.attempts,
        landing.unknownTypes ?? 0,
        landing.cancelRequestedAt !== undefined,
        halfDaysUntil(landing.expireAt.toMillis(), nowMs),
      ],
      // It gets its version when the commit lands.
      hung.idle && attempt({ ...hung.idle, version: world.version }),
    ],
    letters.own,
    letters.conflict,
    Math.min(2, world.effects.length),
    world.hasFailed,
    world.isAcknowledged,
    halfDaysUntil(world.enqueuedAtMs, nowMs),
  ]);
}

/** A natural attempt has no numbers; those that a transaction read are void once the record has changed. */
function dependsOnNumbers({ version }: Running, world: World): boolean {
  return world.kind === "claim" || (world.kind === "transaction" && version === world.version);
}

function halfDaysUntil(timeMs: number, nowMs: number): number {
  return Math.round((timeMs - nowMs) / HALF_DAY_MS);
}
