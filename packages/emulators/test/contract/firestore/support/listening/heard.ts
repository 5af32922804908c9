import type { DocumentReference, DocumentSnapshot, Query, QuerySnapshot } from "@google-cloud/firestore";
import { onTestFinished } from "vitest";

/** The snapshots of one listener. */
export interface Heard<Snapshot> {
  /** Takes the next snapshot. Rejects when the listener has failed. */
  next(): Promise<Snapshot>;
  /** Resolves once there has been one. */
  first(): Promise<void>;
  /** Takes snapshots up to and including the first that passes. */
  upTo(passes: (snapshot: Snapshot) => boolean): Promise<Snapshot[]>;
  /** How many snapshots have not been taken. */
  readonly waiting: number;
  unsubscribe(): void;
}

/** More than any listener of a test gets. */
const MAX_SNAPSHOTS = 1_000;

/** Listens to a document until the test ends. */
export const listenToDocument = (document: DocumentReference): Heard<DocumentSnapshot> =>
  listen((onNext, onError) => document.onSnapshot(onNext, onError));

/** Listens to a query until the test ends. */
export const listenToQuery = (query: Query): Heard<QuerySnapshot> =>
  listen((onNext, onError) => query.onSnapshot(onNext, onError));

/** The changes of a snapshot in short: `added a 0`, `modified a 0>1`, `removed a 1`. */
export function changesOf(snapshot: QuerySnapshot): string[] {
  return snapshot.docChanges().map(({ type, doc, oldIndex, newIndex }) => {
    const place = type === "added" ? newIndex : type === "removed" ? oldIndex : `${oldIndex}>${newIndex}`;
    return `${type} ${doc.id} ${place}`;
  });
}

/** The ids of a snapshot's documents in order, as one text. */
export const idsOf = (snapshot: QuerySnapshot): string => snapshot.docs.map((document) => document.id).join("");

function listen<Snapshot>(
  start: (onNext: (snapshot: Snapshot) => void, onError: (error: Error) => void) => () => void,
): Heard<Snapshot> {
  const snapshots: Snapshot[] = [];
  const first = Promise.withResolvers<void>();
  let failure: Error | undefined;
  let wake = (): void => {};
  const unsubscribe = start(
    (snapshot) => {
      snapshots.push(snapshot);
      first.resolve();
      wake();
    },
    (error) => {
      failure = error;
      wake();
    },
  );
  onTestFinished(unsubscribe);

  const next = async (): Promise<Snapshot> => {
    for (;;) {
      const snapshot = snapshots.shift();
      if (snapshot !== undefined) return snapshot;
      if (failure) throw failure;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  return {
    next,
    first: () => first.promise,
    async upTo(passes) {
      const taken: Snapshot[] = [];
      while (taken.length < MAX_SNAPSHOTS) {
        const snapshot = await next();
        taken.push(snapshot);
        if (passes(snapshot)) return taken;
      }
      throw new Error(`None of ${MAX_SNAPSHOTS} snapshots passes.`);
    },
    get waiting() {
      return snapshots.length;
    },
    unsubscribe,
  };
}
