import { expect, test } from "vitest";
import { HandoffError, UnreachableError } from "../../../../packages/client/src/errors.ts";
import { BEGIN_MS, actOnEach } from "../../../../services/console/pages/dead-letters/selected/act-on-each.ts";

const letters = (count: number) => Array.from({ length: count }, (_, n) => ({ id: `${n}`, version: undefined }));

const stopped = { monotonic: () => 0 };

const refusal = (status: number): HandoffError =>
  new HandoffError(status, { status, title: "Refused", code: "refused", detail: `Status ${status}.` });

test("the results are in the order of the letters, however long each took", async () => {
  const first = Promise.withResolvers<void>();
  const outcomes = await actOnEach(
    letters(12),
    async ({ id }) => {
      if (id === "0") await first.promise;
      if (id === "11") first.resolve();
      return { kind: "done", now: `task-${id}` };
    },
    stopped,
  );
  expect(outcomes).toEqual(letters(12).map(({ id }) => ({ kind: "done", now: `task-${id}` })));
});

test.for([
  [404, { kind: "gone" }],
  [409, { kind: "refused", why: "Status 409." }],
  [412, { kind: "refused", why: "Status 412." }],
  [429, { kind: "refused", why: "Status 429." }],
  [503, { kind: "unclear", why: "Status 503." }],
] as const)("a letter with which the producer responds %i is told, and the others go on", async ([status, outcome]) => {
  const act = async ({ id }: { readonly id: string }) => {
    if (id === "1") throw refusal(status);
    return { kind: "done" } as const;
  };
  expect(await actOnEach(letters(3), act, stopped)).toEqual([{ kind: "done" }, outcome, { kind: "done" }]);
});

test("a missing permission for the action is thrown, and so is a bug", async () => {
  for (const error of [refusal(403), new TypeError("a bug")]) {
    await expect(actOnEach(letters(2), () => Promise.reject(error), stopped)).rejects.toBe(error);
  }
});

test("no letter is begun once the producer can't be reached", async () => {
  const unreachable = new UnreachableError("http://producer", { cause: undefined, waitedMs: 0 });
  const begun: string[] = [];
  const outcomes = await actOnEach(
    letters(20),
    async ({ id }) => {
      begun.push(id);
      throw unreachable;
    },
    stopped,
  );
  expect(begun).toHaveLength(5);
  expect(outcomes.map(({ kind }) => kind)).toEqual([...Array(5).fill("unclear"), ...Array(15).fill("left")]);
});

test("no letter is begun after time is up", async () => {
  let nowMs = 0;
  const outcomes = await actOnEach(
    letters(20),
    async ({ id }) => {
      if (id === "6") nowMs = BEGIN_MS;
      return { kind: "done" };
    },
    { monotonic: () => nowMs },
  );
  const done = outcomes.filter(({ kind }) => kind === "done").length;
  expect(done).toBeGreaterThan(6);
  expect(outcomes.slice(done).every(({ kind }) => kind === "left")).toBe(true);
  expect(done).toBeLessThan(20);
});
