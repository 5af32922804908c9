import { expect, it } from "vitest";
import { RecordStoreError, isFirestoreError } from "../../../../shared/records/record-store-error.ts";
import { detachedWorker } from "../../../harness/worker/detached-worker.ts";

const firestoreError = (code: number) => Object.assign(new Error("canary"), { code });

it("returns a step's result, and leaves no timer", async () => {
  const worker = detachedWorker();
  expect(await worker.store.within(worker.store.stepUntilMs(), () => Promise.resolve("result"))).toBe("result");
  expect(worker.clock.pending).toBe(0);
});

it("gives up on a step that hasn't ended after 5 s, with its outcome unknown", async () => {
  const worker = detachedWorker();
  const ends: unknown[] = [];
  void worker.store
    .within(worker.store.stepUntilMs(), () => Promise.withResolvers<never>().promise)
    .catch((error: unknown) => ends.push(error));
  await worker.clock.advance(4_999);
  expect(ends).toEqual([]);
  await worker.clock.advance(1);
  expect(ends).toEqual([expect.any(RecordStoreError)]);
  expect(ends).toMatchObject([{ code: "RECORD_STORE", status: undefined }]);
});

it("reports the status that Firestore responded with, and leaves its message to the cause", async () => {
  const worker = detachedWorker();
  const cause = firestoreError(14);
  const step = worker.store.within(worker.store.stepUntilMs(), () => Promise.reject(cause));
  await expect(step).rejects.toMatchObject({
    code: "RECORD_STORE",
    status: 14,
    message: "Firestore responded with status 14.",
    cause,
  });
  expect(worker.clock.pending).toBe(0);
});

it.each([
  ["a bug", new TypeError("x is not a function")],
  ["a system error, whose code is a word", Object.assign(new Error("refused"), { code: "ECONNREFUSED" })],
  ["an aborted fetch, whose code is not gRPC's", new DOMException("aborted", "AbortError")],
  ["a timeout, whose code is not gRPC's", new DOMException("timed out", "TimeoutError")],
  ["no error at all", "14"],
])("passes on %s as it is", async (_name, thrown) => {
  const worker = detachedWorker();
  expect(isFirestoreError(thrown)).toBe(false);
  await expect(worker.store.within(worker.store.stepUntilMs(), () => Promise.reject(thrown))).rejects.toBe(thrown);
});
