import * as z from "zod";
import { knowsBoth } from "../shards/revisions.ts";
import type { Entry, HopAttempt, HopWorld, Name } from "./hop-world.ts";
import { HOUR_MS } from "./hop-world.ts";

const DAY_HOURS = 24;

/**
 * What a world's future depends on, as text: worlds with the same key behave alike. Names, times, versions and fences count
 * only relative to one another.
 */
export function hopKey(world: HopWorld): string {
  const { record, nowMs, entries, names, relays, running, letter, heldReplay } = world;
  const owners = new Map<string, number>();
  const ownerOf = (owner: string): number => {
    const known = owners.get(owner) ?? owners.size;
    owners.set(owner, known);
    return known;
  };
  const dueIn = (notBefore: string | undefined): number | null =>
    notBefore === undefined ? null : Math.max(0, hours(Date.parse(notBefore) - nowMs));
  const ageOf = (timeMs: number): number => Math.floor((nowMs - timeMs) / HOUR_MS / DAY_HOURS);
  const entry = ({ hop, payloadHash, notBefore, createdAtMs }: Entry) => [
    hop,
    payloadHash[0],
    dueIn(notBefore),
    Math.min(1, ageOf(createdAtMs)),
  ];
  const isAsRead = ({ id, version }: Entry): boolean => entries.some((one) => one.id === id && one.version === version);
  const name = ({ hop, queue, payloadHash, notBefore, createdAtMs, isQueued, isPurged, hasFailed }: Name) => [
    hop,
    queue,
    payloadHash[0],
    dueIn(notBefore),
    ageOf(createdAtMs),
    isQueued,
    isPurged,
    hasFailed,
  ];
  const attempt = (one: HopAttempt) => [
    ownerOf(one.owner),
    name(one.name),
    names.some(
      ({ hop, queue, createdAtMs }) =>
        hop === one.name.hop && queue === one.name.queue && createdAtMs === one.name.createdAtMs,
    ),
    one.isFirstDispatch,
    one.snoozes,
    world.kind !== "natural" && [
      one.numbers.fence - (record?.fence ?? 0),
      one.numbers.attempts,
      one.read === null,
      one.version === world.version,
    ],
  ];
  return JSON.stringify([
    world.stage,
    record && [
      ownerOf(record.owner),
      record.state,
      record.fence === 0,
      record.attempts,
      record.hop ?? 0,
      record.hopAt === undefined,
      dueIn(record.notBefore),
      record.snoozes ?? 0,
      record.cancelRequestedAt !== undefined,
      Math.max(0, (record.claimedAt?.toMillis() ?? 0) + record.leaseMs - nowMs),
      ageOf(record.expireAt.toMillis()),
    ],
    entries.map((one) => JSON.stringify(entry(one))).toSorted(),
    names.map(name),
    relays.map((one) => [entry(one.entry), isAsRead(one.entry), one.hasCreated, knowsBoth(one.revision)]),
    running.map(attempt),
    letter && [letter.fields["status"], letter.fields["replays"], numbersByKey(world)],
    heldReplay && [heldReplay.version === letter?.version, heldReplay.transition.replays],
    world.otherLetters.length,
    world.replays.map(({ n }) => n),
    world.children.length,
    world.isDone,
    world.hasImpostor,
    world.isDamaged,
  ]);
}

const keysSchema = z.array(z.object({ key: z.string(), id: z.string() })).default([]);

/** The letter's keys, each with the number of the replay that it made. An id tells when its letter's task died. */
function numbersByKey({ letter, replays }: HopWorld): unknown[] {
  const keys = keysSchema.parse(letter?.fields["replayKeys"]);
  return keys.map(({ key, id }) => [key, replays.findIndex((one) => one.id === id)]);
}

function hours(ms: number): number {
  return Math.ceil(ms / HOUR_MS);
}
