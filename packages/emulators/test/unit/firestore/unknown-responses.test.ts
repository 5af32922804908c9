import { status } from "@grpc/grpc-js";
import { expect, it } from "vitest";
import { retryUnknown } from "../../contract/firestore/support/unknown-responses.ts";

/** A case that fails with these errors, one after the other, and then passes. */
function failingWith(...errors: readonly unknown[]) {
  const run = () => {
    runs.count += 1;
    const error = errors[runs.count - 1];
    return error === undefined ? Promise.resolve() : Promise.reject(error);
  };
  const runs = { count: 0, run };
  return runs;
}

const withCode = (code: status) => Object.assign(new Error(`${code}`), { code });

it("runs a case again when Google's emulator responds UNKNOWN", async () => {
  const runs = failingWith(withCode(status.UNKNOWN));

  await retryUnknown("a case", runs.run);

  expect(runs.count).toBe(2);
});

it("runs a case again when an assertion got UNKNOWN instead of another code", async () => {
  const met = Object.assign(new Error("expected 2 to be 5"), { actual: withCode(status.UNKNOWN) });
  const runs = failingWith(met);

  await retryUnknown("a case", runs.run);

  expect(runs.count).toBe(2);
});

it("gives up after three runs", async () => {
  const unknown = withCode(status.UNKNOWN);
  const runs = failingWith(unknown, unknown, unknown, unknown);

  await expect(retryUnknown("a case", runs.run)).rejects.toBe(unknown);
  expect(runs.count).toBe(3);
});

it("fails at once with any other error", async () => {
  const aborted = withCode(status.ABORTED);
  const runs = failingWith(aborted);

  await expect(retryUnknown("a case", runs.run)).rejects.toBe(aborted);
  expect(runs.count).toBe(1);
});
