import type { ReplyStream } from "../../rpc/duplex-call.ts";
import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import type { Database, Observer } from "../database.ts";
import type { Change } from "../store/document-store.ts";
import { type WireTimestamp, microsOf, timestampOf } from "../values/value.ts";
import type { ResumeTokens } from "./resume-token.ts";
import { Target, TargetChangeType, type TargetStart, targetChange } from "./target.ts";
import { type WireWatched, compileWatched } from "./watched.ts";

/** google.firestore.v1.Target as it is decoded. */
export interface WireTarget extends WireWatched {
  readonly targetId: number;
  readonly once: boolean;
  readonly resumeToken?: Uint8Array;
  readonly readTime?: WireTimestamp | null;
}

/** As many targets one stream has at most; Google's server clients have one, its web clients some dozens. */
const MAX_TARGETS = 100;

/**
 * What one stream listens to in one database.
 *
 * Each commit is told in the turn in which it is applied: its changes for all targets, then a NO_CHANGE with the read
 * time as of which the caller has everything. While the caller is behind nothing is sent; when it has caught up, it is
 * told the difference. Listening takes no locks, and a commit never fails for it.
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
   * Adds a target and tells what is in it. One that Firestore refuses is removed again, with the cause.
   *
   * @throws RpcError INVALID_ARGUMENT for an id that can't be, or is taken.
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
    this.#tellNews();
  }

  /** Removes a target; one that isn't there is nobody's concern. */
  remove(id: number): void {
    if (this.#targets.delete(id)) this.#send(targetChange(TargetChangeType.REMOVE, [id]));
  }

  /** The caller has taken all that was sent. */
  drained(): void {
    this.#callerIsBehind = false;
    this.#tellNews();
  }

  committed(changes: readonly Change[]): void {
    this.#endOnError(() => {
      for (const target of this.#targets.values()) target.committed(changes);
      this.#tellNews();
    });
  }

  cleared(): void {
    this.#endOnError(() => {
      for (const target of this.#targets.values()) target.cleared();
      this.#tellNews();
    });
  }

  ticked(): void {
    if (!this.#callerIsBehind && this.#targets.size > 0) this.#tellReadTime(this.#now());
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

  /** Brings the caller from what it was told to the present, unless it is behind. */
  #tellNews(): void {
    if (this.#callerIsBehind) return;
    const targets = [...this.#targets.values()].filter((target) => target.mayHaveNews);
    if (targets.length === 0) return;
    const now = this.#now();
    const token = this.#tokens.at(now);
    let hasTold = false;
    for (const target of targets) {
      for (const reply of target.tellNews(now, token)) {
        this.#send(reply);
        hasTold = true;
      }
    }
    if (hasTold) this.#tellReadTime(now);
    for (const target of targets) if (target.once) this.remove(target.id);
  }

  #tellReadTime(time: bigint): void {
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
