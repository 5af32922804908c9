import { randomUUID } from "node:crypto";
import type { DocumentSnapshot } from "@google-cloud/firestore";
import type { Envelope } from "../../../shared/contract/envelope.ts";
import { newTaskEntryId } from "../../../shared/outbox/entry.ts";
import { RecordStoreError } from "../../../shared/records/record-store-error.ts";
import { DependencyError } from "../../../shared/runtime/dependency-error.ts";
import { LOOK_UP_TIMEOUT_MS, type Producer } from "../producer.ts";
import { relayAtOnce } from "../tasks/moving/relay-at-once.ts";
import { unlessUnavailable } from "../tasks/moving/delete-hops.ts";
import { type ReplayDecision, type ReplayRefusal, type ReplayRequest, decideReplay } from "./decide-replay.ts";
import { isThere, readLetter } from "./letter-reads.ts";
import { parseLetter } from "./read-letter.ts";

/** The result of a request to replay a dead letter. */
export type Replayed =
  /** This request created the task. */
  | { readonly kind: "accepted"; readonly id: string }
  /** An earlier request created it. */
  | { readonly kind: "replayed"; readonly id: string }
  | { readonly kind: "unknown" }
  /** The letter may or may not have been replayed. */
  | { readonly kind: "unclear" }
  | Unreplayable;

/** Why a replay request changes nothing. */
type Unreplayable =
  | ReplayRefusal
  /** The document isn't a dead letter that this revision can read. */
  | { readonly kind: "unreadable" };

export type ReplayingProducer = Pick<
  Producer,
  "registry" | "letters" | "relay" | "maxPayloadBytes" | "clock" | "log" | "inFlight"
>;

/** How long reading and writing a letter may take, in milliseconds. */
const REPLAY_TIMEOUT_MS = LOOK_UP_TIMEOUT_MS;

/** How many times to read a letter that other requests replay at the same time. */
const MAX_TRIES = 5;

/**
 * Replays a dead letter: one commit marks the letter and puts the new task into the outbox, provided that the letter
 * hasn't changed since it was read.
 *
 *     read ──▶ decide ──▶ commit ──ok──▶ relay
 *      ▲                    └── refused, or its response was lost: whose task it is, the letter says
 *      └────────────────────┘
 *
 * @throws DependencyError if the letter can't be read.
 */
export async function replay(letterId: string, request: ReplayRequest, producer: ReplayingProducer): Promise<Replayed> {
  return await producer.inFlight.track(replayLetter(letterId, request, producer));
}

/**
 * Returns what a replay would do, without doing it.
 *
 * @throws DependencyError if the letter can't be read.
 */
export async function tryReplay(
  letterId: string,
  request: ReplayRequest,
  producer: ReplayingProducer,
): Promise<Exclude<Decided, Replay> | { readonly kind: "replayable" }> {
  const untilMs = producer.clock.now() + REPLAY_TIMEOUT_MS;
  const document = await readLetter(letterId, { producer, untilMs, isFirst: true });
  const decided = document ? decide(document, request, producer) : ({ kind: "unknown" } as const);
  return decided.kind === "replay" ? { kind: "replayable" } : decided;
}

async function replayLetter(letterId: string, asked: ReplayRequest, producer: ReplayingProducer): Promise<Replayed> {
  const untilMs = producer.clock.now() + REPLAY_TIMEOUT_MS;
  const requestId = randomUUID();
  const request = { ...asked, requestId };
  const tried = new Map<string, string>();
  for (let tries = 1; tries <= MAX_TRIES; tries++) {
    const document = await readLetter(letterId, { producer, untilMs, isFirst: tries === 1 });
    if (document === undefined) return { kind: "unclear" };
    const decided = decide(document, request, producer);
    if (decided.kind === "replayed") return await explainReplayed(decided.id, { document, tried, requestId, producer });
    // Whoever deleted the letter meanwhile, or let its task die again, may have done so after this request's own commit.
    if (decided.kind !== "replay") return tried.size > 0 ? { kind: "unclear" } : decided;
    const entryId = newTaskEntryId(decided.id, decided.payloadHash);
    const committed = await commit(document, decided, { producer, untilMs });
    if (committed === undefined) return { kind: "unclear" };
    tried.set(decided.id, entryId);
    if (committed) return await accepted(decided.id, entryId, producer);
  }
  return { kind: "unclear" };
}

type Replay = Extract<ReplayDecision, { kind: "replay" }>;

type Decided = ReplayDecision | Unreplayable | { readonly kind: "unknown" };

function decide(document: DocumentSnapshot, request: ReplayRequest, producer: ReplayingProducer): Decided {
  if (!isThere(document)) return { kind: "unknown" };
  const letter = parseLetter(document.id, document.data());
  if (!letter) return { kind: "unreadable" };
  const { registry, maxPayloadBytes, clock } = producer;
  return decideReplay(letter, request, { types: registry.types, maxPayloadBytes, nowMs: clock.now() });
}

interface Explained {
  readonly document: DocumentSnapshot;
  /** The entries of the tasks that this request tried to make, by their ids. */
  readonly tried: ReadonlyMap<string, string>;
  readonly requestId: string;
  readonly producer: ReplayingProducer;
}

/**
 * A task that this request tried to make may be its own, though the response to that commit was lost. Another request that
 * tried at the same time made it under the same id: the letter says which of them it was.
 */
async function explainReplayed(id: string, { document, tried, requestId, producer }: Explained): Promise<Replayed> {
  const entryId = tried.get(id);
  const isOwn = document.get("replayRequestId") === requestId;
  return entryId !== undefined && isOwn ? await accepted(id, entryId, producer) : { kind: "replayed", id };
}

async function accepted(id: string, entryId: string, producer: ReplayingProducer): Promise<Replayed> {
  await relayAtOnce(entryId, producer);
  return { kind: "accepted", id };
}

/** False if the letter has changed since, perhaps by this very commit; undefined if the commit's result is unknown. */
async function commit(
  letter: DocumentSnapshot,
  { id, payloadHash, transition }: Replay,
  { producer, untilMs }: { producer: ReplayingProducer; untilMs: number },
): Promise<boolean | undefined> {
  const { letters, log } = producer;
  const { type, payloadJson, enqueuedAt } = transition.entry;
  const envelope: Envelope = { id, type, payload: JSON.parse(payloadJson), payloadHash, enqueuedAt };
  const task = { envelope, leaseMs: 0, deadLetterRetentionMs: 0 };
  const write = async () => {
    try {
      return await letters.replay(letter, transition, { task, untilMs });
    } catch (error) {
      if (!(error instanceof RecordStoreError)) throw error;
      // Reading the letter again shows whether it was committed.
      if (error.status !== undefined) return false;
      throw new DependencyError("firestore", error);
    }
  };
  return await unlessUnavailable(write, { taskId: id, log });
}
