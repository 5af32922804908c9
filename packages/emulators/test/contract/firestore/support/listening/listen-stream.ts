import { onTestFinished } from "vitest";
import type { RawHarness } from "../harness.ts";

/** A google.firestore.v1.ListenResponse as the client decodes it. */
interface ListenResponse {
  readonly targetChange?: {
    readonly targetChangeType: string;
    readonly targetIds: readonly number[];
    readonly cause: { readonly code: number } | null;
    readonly resumeToken: Uint8Array;
    readonly readTime: object | null;
  } | null;
  readonly documentChange?: {
    readonly document: { readonly name: string };
    readonly targetIds: readonly number[];
  } | null;
  readonly documentDelete?: Departure | null;
  readonly documentRemove?: Departure | null;
}

interface Departure {
  readonly document: string;
  readonly removedTargetIds: readonly number[];
}

/** One stream of the Listen call. */
export interface ListenStream {
  /** Adds a google.firestore.v1.Target. */
  add(target: object): void;
  remove(targetId: number): void;
  send(request: object): void;
  /** Ends the requests. */
  finish(): void;
  cancel(): void;
  /** Stops or resumes reading. */
  pause(): void;
  resume(): void;
  /** Takes replies up to and including the first that matches, in short form. */
  upTo(pattern: RegExp): Promise<string[]>;
  /** How many replies have not been taken. */
  readonly waiting: number;
  /** The latest token. */
  readonly resumeToken: Uint8Array;
  /** The latest read time. */
  readonly readTime: object | null;
  /** How the call ended: a status code, 0 for success. */
  readonly ended: Promise<number>;
}

/**
 * Opens a stream. Replies in short: `ADD 1`, `CURRENT 1`, `NO_CHANGE`, `RESET 1`, `REMOVE 1 (code)`; `1 has c/a`,
 * `1 lost c/a` for a document that stopped matching, `1 deleted c/a`.
 */
export function openListenStream(raw: RawHarness): ListenStream {
  const call = raw.client.listen({ otherArgs: { headers: { "google-cloud-resource-prefix": raw.database } } });
  const replies: string[] = [];
  const ended = Promise.withResolvers<number>();
  let wake = (): void => {};
  let resumeToken: Uint8Array = new Uint8Array();
  let readTime: object | null = null;
  let isOver = false;

  call.on("data", (reply: ListenResponse) => {
    replies.push(inShort(reply, raw));
    if (reply.targetChange?.resumeToken.length) ({ resumeToken } = reply.targetChange);
    readTime = reply.targetChange?.readTime ?? readTime;
    wake();
  });
  const end = (code: number): void => {
    isOver = true;
    ended.resolve(code);
    wake();
  };
  call.on("error", (error: { code?: number }) => end(error.code ?? -1));
  call.on("end", () => end(0));
  onTestFinished(() => call.cancel());

  const send = (request: object): void => void call.write({ database: raw.database, ...request });
  return {
    send,
    add: (addTarget) => send({ addTarget }),
    remove: (removeTarget) => send({ removeTarget }),
    finish: () => void call.end(),
    cancel: () => call.cancel(),
    pause: () => void call.pause(),
    resume: () => void call.resume(),
    async upTo(pattern) {
      let last = replies.findIndex((reply) => pattern.test(reply));
      while (last < 0) {
        if (isOver) throw new Error(`The stream ended before ${String(pattern)}: ${replies.join(", ")}`);
        await new Promise<void>((resolve) => (wake = resolve));
        last = replies.findIndex((reply) => pattern.test(reply));
      }
      return replies.splice(0, last + 1);
    },
    get waiting() {
      return replies.length;
    },
    get resumeToken() {
      return resumeToken;
    },
    get readTime() {
      return readTime;
    },
    ended: ended.promise,
  };
}

function inShort(reply: ListenResponse, raw: RawHarness): string {
  const { targetChange, documentChange, documentDelete, documentRemove } = reply;
  const pathOf = (name: string): string => name.slice(raw.name("").length);
  if (targetChange) {
    const { targetChangeType, targetIds, cause } = targetChange;
    return [targetChangeType, ...targetIds, ...(cause ? [`(${cause.code})`] : [])].join(" ");
  }
  if (documentChange) return `${documentChange.targetIds.join()} has ${pathOf(documentChange.document.name)}`;
  if (documentRemove) return `${documentRemove.removedTargetIds.join()} lost ${pathOf(documentRemove.document)}`;
  if (documentDelete) return `${documentDelete.removedTargetIds.join()} deleted ${pathOf(documentDelete.document)}`;
  throw new Error("A reply of another kind.");
}
