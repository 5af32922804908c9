import { documentMessage } from "../store/document-message.ts";
import type { StoredDocument } from "../store/document.ts";
import type { Change, DocumentStore } from "../store/document-store.ts";
import { timestampOf } from "../values/value.ts";
import type { Watched } from "./watched.ts";

/** google.firestore.v1.TargetChange.TargetChangeType */
export const TargetChangeType = { NO_CHANGE: 0, ADD: 1, REMOVE: 2, CURRENT: 3, RESET: 4 } as const;

/** Where a target stands when it is added: at nothing, or at what the caller was told in an earlier stream. */
export type TargetStart =
  | { readonly kind: "new" }
  /** It is as it was at this time, in microseconds. */
  | { readonly kind: "resumed"; readonly at: bigint }
  /** The caller knows a state that we don't, and must forget it. */
  | { readonly kind: "unknown" };

/**
 * One target of a stream: it knows what the caller was told, and which documents may differ by now.
 *
 *     added ──▶ ADD, RESET?, changes, CURRENT ──▶ changes ──▶ changes …
 *
 * What may differ is looked up when it is to be told, so a caller that is behind finds one difference there, however
 * many commits made it. What is remembered are names, each once.
 */
export class Target {
  readonly id: number;
  /** Whether it is removed once it is current. */
  readonly once: boolean;
  readonly #watched: Watched;
  readonly #documents: DocumentStore;
  /** The update time of what the caller was told, by name; null for a document that does not exist. */
  readonly #told: Map<string, bigint | null>;
  #doubtful: Set<string> | "everything" = "everything";
  #mustReset: boolean;
  #isCurrent = false;

  constructor(target: {
    readonly id: number;
    readonly once: boolean;
    readonly watched: Watched;
    readonly documents: DocumentStore;
    readonly start: TargetStart;
  }) {
    const { id, once, watched, documents, start } = target;
    this.id = id;
    this.once = once;
    this.#watched = watched;
    this.#documents = documents;
    this.#told = start.kind === "resumed" ? versionsOf(watched.all(documents, start.at)) : new Map();
    this.#mustReset = start.kind === "unknown";
  }

  /** Whether there may be something to tell. */
  get mayHaveNews(): boolean {
    return !this.#isCurrent || this.#doubtful === "everything" || this.#doubtful.size > 0;
  }

  committed(changes: readonly Change[]): void {
    if (this.#doubtful === "everything") return;
    for (const change of changes) if (this.#watched.isTouchedBy(change)) this.#doubtful.add(change.name);
  }

  cleared(): void {
    this.#doubtful = "everything";
  }

  /** The ListenResponses that bring the caller to the present, which is `readTime` (in microseconds). */
  *tellNews(readTime: bigint, resumeToken: Uint8Array): Generator<object> {
    if (this.#mustReset) yield targetChange(TargetChangeType.RESET, [this.id]);
    this.#mustReset = false;
    for (const [name, document] of this.#lookAtDoubtful()) {
      const reply = this.#tell(name, document, readTime);
      if (reply) yield reply;
    }
    this.#doubtful = new Set();
    if (this.#isCurrent) return;
    this.#isCurrent = true;
    yield targetChange(TargetChangeType.CURRENT, [this.id], { readTime: timestampOf(readTime), resumeToken });
  }

  /** The documents that may differ, by name, as they are now; undefined for what does not belong to the target. */
  *#lookAtDoubtful(): Generator<[string, StoredDocument | null | undefined]> {
    const { one } = this.#watched;
    if (this.#doubtful !== "everything" && one) {
      for (const name of this.#doubtful) yield [name, one(this.#documents, name)];
    } else if (this.#doubtful === "everything" || this.#doubtful.size > 0) {
      const all = this.#watched.all(this.#documents);
      for (const name of this.#told.keys()) if (!all.has(name)) yield [name, undefined];
      yield* all;
    }
  }

  /** What the caller is to be told of one document, or null when it knows. */
  #tell(name: string, document: StoredDocument | null | undefined, readTime: bigint): object | null {
    const version = versionOf(document);
    if (this.#told.get(name) === version) return null;
    if (version === undefined) this.#told.delete(name);
    else this.#told.set(name, version);

    if (document) {
      return { documentChange: { document: documentMessage(this.#watched.project(document)), targetIds: [this.id] } };
    }
    const gone = { document: name, removedTargetIds: [this.id], readTime: timestampOf(readTime) };
    return this.#documents.get(name) ? { documentRemove: gone } : { documentDelete: gone };
  }
}

/** A ListenResponse about targets, or all targets when none is named. */
export function targetChange(targetChangeType: number, targetIds: readonly number[], more: object = {}): object {
  return { targetChange: { targetChangeType, targetIds, ...more } };
}

function versionOf(document: StoredDocument | null | undefined): bigint | null | undefined {
  return document ? document.updateTime : document;
}

function versionsOf(all: ReadonlyMap<string, StoredDocument | null>): Map<string, bigint | null> {
  return new Map([...all].map(([name, document]) => [name, document?.updateTime ?? null]));
}
