import type { ReplyStream } from "../../rpc/duplex-call.ts";
import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import type { Database, Observer } from "../database.ts";
import type { Change } from "../store/document-store.ts";
import { type WireTimestamp, microsOf, timestampOf } from "../values/value.ts";
import type { ResumeTokens } from "./resume-token.ts";
import { Target, TargetChangeType, type TargetStart, targetChange } from "./target.ts";
import { type WireWatched, compileWatched } from "./watched.ts";

/** A decoded google.firestore.v1.Target. */
export interface WireTarget extends WireWatched {
  readonly targetId: number;
  readonly once: boolean;
  readonly resumeToken?: Uint8Array;
  readonly readTime?: WireTimestamp | null;
}

/** How many targets a stream can have. Google's server clients have one, its web clients some dozens. */
const MAX_TARGETS = 100;

/**
 * The targets of one stream in one database.
 *
 * Each commit is reported in the turn in which it is applied: its changes for all targets, then a NO_CHANGE with the read
 * time up to which the caller has everything. While the caller is behind, nothing is sent; once it has caught up, it gets
 * the difference. Listening takes no locks, and never makes a commit fail.
 */
export class Listener implements Observer {
  readonly #database: Database;
  readonly #replies: ReplyStream;
  readonly #tokens: ResumeTokens;
  readonly #targets = new Map<number, Target>();
  #callerIsBehind = false;

  constructor({ database, replies, tokens }: { database: Database; replies: ReplyStream; tokens: ResumeTokens }) {
    this.#database = database;
    this.#replies = replies;
    this.#tokens = tokens;
  }

  /**
   * Adds a target and reports what is in it. A target that Firestore refuses is removed again, with the cause.
   *
   * @throws RpcError INVALID_ARGUMENT for an id that is invalid or taken.
   */
  add(wire: WireTarget): void {
    const id = this.#chooseId(wire.targetId);
    this.#send(targetChange(TargetChangeType.ADD, [id]));
    try {
      this.#targets.set(id, this.#makeTarget(id, wire));
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      const cause = { code: error.code, message: error.message };
      this.#send(targetChange(TargetChangeType.REMOVE, [id], { cause }));
    }
    this.#sendChanges();
  }

  /** Removes a target, if it exists. */
  remove(id: number): void {
    if (this.#targets.delete(id)) this.#send(targetChange(TargetChangeType.REMOVE, [id]));
  }

  /** The caller has received everything that was sent. */
  drained(): void {
    this.#callerIsBehind = false;
    this.#sendChanges();
  }

  committed(changes: readonly Change[]): void {
    this.#endOnError(() => {
      for (const target of this.#targets.values()) target.committed(changes);
      this.#sendChanges();
    });
  }

  cleared(): void {
    this.#endOnError(() => {
      for (const target of this.#targets.values()) target.cleared();
      this.#sendChanges();
    });
  }

  ticked(): void {
    if (!this.#callerIsBehind && this.#targets.size > 0) this.#sendReadTime(this.#now());
  }

  stopping(error: Error): void {
    this.#replies.end(error);
  }

  #chooseId(wanted: number): number {
    if (wanted < 0) throw new RpcError(RpcCode.INVALID_ARGUMENT, `The target id ${wanted} is negative.`);
    if (this.#targets.has(wanted)) {
      throw new RpcError(RpcCode.INVALID_ARGUMENT, `The target id ${wanted} is in use on this stream.`);
    }
    if (wanted > 0) return wanted;
    let free = 1;
    while (this.#targets.has(free)) free += 1;
    return free;
  }

  #makeTarget(id: number, wire: WireTarget): Target {
    if (this.#targets.size >= MAX_TARGETS) {
      throw new RpcError(RpcCode.RESOURCE_EXHAUSTED, `A stream has at most ${MAX_TARGETS} targets.`);
    }
    const { documents, root } = this.#database;
    const watched = compileWatched(wire, root);
    return new Target({ id, once: wire.once, watched, documents, start: this.#startOf(wire) });
  }

  #startOf({ resumeToken, readTime }: WireTarget): TargetStart {
    if (!resumeToken?.length && !readTime) return { kind: "new" };
    const at = readTime ? microsOf(readTime) : this.#tokens.timeOf(resumeToken ?? NO_TOKEN);
    return at !== null && this.#database.canReadAt(at) ? { kind: "resumed", at } : { kind: "unknown" };
  }

  /** Sends the caller what has changed, unless it is behind. */
  #sendChanges(): void {
    if (this.#callerIsBehind) return;
    const targets = [...this.#targets.values()].filter((target) => target.mayHaveChanges);
    if (targets.length === 0) return;
    const now = this.#now();
    const token = this.#tokens.at(now);
    let hasSent = false;
    for (const target of targets) {
      for (const reply of target.takeChanges(now, token)) {
        this.#send(reply);
        hasSent = true;
      }
    }
    if (hasSent) this.#sendReadTime(now);
    for (const target of targets) if (target.once) this.remove(target.id);
  }

  #sendReadTime(time: bigint): void {
    const upTo = { readTime: timestampOf(time), resumeToken: this.#tokens.at(time) };
    this.#send(targetChange(TargetChangeType.NO_CHANGE, [], upTo));
  }

  #now(): bigint {
    return this.#database.readUnlocked({ kind: "latest" }, () => null).readTime;
  }

  #send(reply: object): void {
    if (!this.#replies.send(reply)) this.#callerIsBehind = true;
  }

  #endOnError(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#replies.end(error);
    }
  }
}

const NO_TOKEN = new Uint8Array();
