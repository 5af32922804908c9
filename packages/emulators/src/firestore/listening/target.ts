import { documentMessage } from "../store/document-message.ts";
import type { StoredDocument } from "../store/document.ts";
import type { Change, DocumentStore } from "../store/document-store.ts";
import { timestampOf } from "../values/value.ts";
import type { Watched } from "./watched.ts";

/** google.firestore.v1.TargetChange.TargetChangeType */
export const TargetChangeType = { NO_CHANGE: 0, ADD: 1, REMOVE: 2, CURRENT: 3, RESET: 4 } as const;

/** What the caller knows when it adds a target: nothing, or what an earlier stream has sent. */
export type TargetStart =
  | { readonly kind: "new" }
  /** The state at this time, in microseconds. */
  | { readonly kind: "resumed"; readonly at: bigint }
  /** A state that the emulator doesn't know, so the caller must forget it. */
  | { readonly kind: "unknown" };

/**
 * One target of a stream. It knows what the caller has received, and which documents may have changed since.
 *
 *     added ──▶ ADD, RESET?, changes, CURRENT ──▶ changes ──▶ changes …
 *
 * Documents are looked up when they are to be sent, so a caller that is behind gets one difference, however many commits
 * made it. Until then the target remembers only their names, each once.
 */
export class Target {
  readonly id: number;
  /** Whether it is removed once it is current. */
  readonly once: boolean;
  readonly #watched: Watched;
  readonly #documents: DocumentStore;
  /** The update times that the caller has received, by name. Null for a document that doesn't exist. */
  readonly #sent: Map<string, bigint | null>;
  #maybeChanged: Set<string> | "everything" = "everything";
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
    this.#sent = start.kind === "resumed" ? versionsOf(watched.all(documents, start.at)) : new Map();
    this.#mustReset = start.kind === "unknown";
  }

  /** Whether there may be something to send. */
  get mayHaveChanges(): boolean {
    return !this.#isCurrent || this.#maybeChanged === "everything" || this.#maybeChanged.size > 0;
  }

  committed(changes: readonly Change[]): void {
    for (const change of changes) {
      const isAffected = this.#watched.note(change);
      if (isAffected && this.#maybeChanged !== "everything") this.#maybeChanged.add(change.name);
    }
  }

  cleared(): void {
    this.#watched.noteClear?.();
    this.#maybeChanged = "everything";
  }

  /** The ListenResponses that bring the caller to the present, which is `readTime` (in microseconds). */
  *takeChanges(readTime: bigint, resumeToken: Uint8Array): Generator<object> {
    if (this.#mustReset) yield targetChange(TargetChangeType.RESET, [this.id]);
    this.#mustReset = false;
    for (const [name, document] of this.#lookUp()) {
      const reply = this.#responseAbout(name, document, readTime);
      if (reply) yield reply;
    }
    this.#maybeChanged = new Set();
    if (this.#isCurrent) return;
    this.#isCurrent = true;
    yield targetChange(TargetChangeType.CURRENT, [this.id], { readTime: timestampOf(readTime), resumeToken });
  }

  /** The documents that may have changed, by name, as they are now. Undefined for what is not in the target. */
  *#lookUp(): Generator<[string, StoredDocument | null | undefined]> {
    const { one } = this.#watched;
    if (this.#maybeChanged !== "everything" && one) {
      for (const name of this.#maybeChanged) yield [name, one(this.#documents, name)];
    } else if (this.#maybeChanged === "everything" || this.#maybeChanged.size > 0) {
      const all = this.#watched.all(this.#documents);
      for (const name of this.#sent.keys()) if (!all.has(name)) yield [name, undefined];
      yield* all;
    }
  }

  /** The response about one document, or null when the caller has it. */
  #responseAbout(name: string, document: StoredDocument | null | undefined, readTime: bigint): object | null {
    const version = versionOf(document);
    if (this.#sent.get(name) === version) return null;
    if (version === undefined) this.#sent.delete(name);
    else this.#sent.set(name, version);

    if (document) {
      return { documentChange: { document: documentMessage(this.#watched.project(document)), targetIds: [this.id] } };
    }
    const gone = { document: name, removedTargetIds: [this.id], readTime: timestampOf(readTime) };
    return this.#documents.get(name) ? { documentRemove: gone } : { documentDelete: gone };
  }
}

/** A ListenResponse about targets; about all targets when none is named. */
export function targetChange(targetChangeType: number, targetIds: readonly number[], more: object = {}): object {
  return { targetChange: { targetChangeType, targetIds, ...more } };
}

function versionOf(document: StoredDocument | null | undefined): bigint | null | undefined {
  return document ? document.updateTime : document;
}

function versionsOf(all: ReadonlyMap<string, StoredDocument | null>): Map<string, bigint | null> {
  return new Map([...all].map(([name, document]) => [name, document?.updateTime ?? null]));
}
