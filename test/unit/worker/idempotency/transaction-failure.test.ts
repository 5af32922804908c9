import { status } from "@grpc/grpc-js";
import { expect, it } from "vitest";
import { afterFailure } from "../../../../services/worker/idempotency/transaction.ts";
import { RecordStoreError } from "../../../../shared/records/record-store-error.ts";
import { captureLog } from "../../../harness/runtime/captured-log.ts";

const failureOf = (code: number) =>
  afterFailure(Object.assign(new Error("refused"), { code }), { payload: null, log: captureLog().log });

it.each([
  status.INVALID_ARGUMENT,
  status.NOT_FOUND,
  status.ALREADY_EXISTS,
  status.FAILED_PRECONDITION,
  status.OUT_OF_RANGE,
  404,
])("treats status %i as the handler's failure", (code) => {
  expect(failureOf(code)).toEqual({
    kind: "ended",
    end: {
      kind: "threw",
      error: { code: "handler_threw", message: "The handler threw Error." },
      thrown: { message: "Error: refused", stack: expect.stringMatching(/^at /) },
    },
  });
});

it.each([
  status.CANCELLED,
  status.UNKNOWN,
  status.DEADLINE_EXCEEDED,
  status.PERMISSION_DENIED,
  status.RESOURCE_EXHAUSTED,
  status.UNIMPLEMENTED,
  status.INTERNAL,
  status.UNAVAILABLE,
  status.DATA_LOSS,
  status.UNAUTHENTICATED,
])("treats status %i as an unavailable store, which says nothing about the task", (code) => {
  expect(() => failureOf(code)).toThrow(RecordStoreError);
});

it("treats ABORTED as contention with another attempt on the same documents", () => {
  expect(failureOf(status.ABORTED)).toEqual({ kind: "decided", outcome: { kind: "busy", retryAfterMs: 1_000 } });
});
