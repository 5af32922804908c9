import { describe, expect, it, onTestFinished } from "vitest";
import { failPermanently, retryLater } from "../../../../services/worker/runner/handler.ts";
import type { Envelope } from "../../../../shared/contract/envelope.ts";
import { leaseMsOf } from "../../../../shared/contract/queues.ts";
import { deriveTaskId } from "../../../../shared/contract/task-id.ts";
import { TEST_QUEUES } from "../../../harness/registry/test-queues.ts";
import { CALLER, sealTask } from "../../../harness/worker/worker-harness.ts";
import { PARENTS, notify, setUpFamily } from "./family.ts";

type Family = Awaited<ReturnType<typeof setUpFamily>>;
type Kind = keyof typeof PARENTS;

const KINDS: readonly Kind[] = ["claim", "natural", "transaction"];
const later = () => retryLater({ code: "not_yet", message: "Not yet." });
const DAY_MS = 24 * 60 * 60_000;

const deliver = async (family: Family, retryCount: number, task: Envelope = family.task) => {
  const answer = await family.deliver(task, { headers: { "x-cloudtasks-taskretrycount": String(retryCount) } });
  return answer.headers.get("Handoff-Outcome");
};

/** Each way to die, and how many attempts are counted. Resolves with the last delivery's outcome. */
const DEATHS: Readonly<Record<string, { attempts: number; kinds: readonly Kind[]; die: Die }>> = {
  gone: {
    attempts: 1,
    kinds: KINDS,
    die: (family) => {
      family.parent.steps(() => failPermanently({ code: "gone", message: "Gone." }));
      return deliver(family, 0);
    },
  },
  not_yet: {
    attempts: 2,
    kinds: KINDS,
    async die(family) {
      family.parent.steps(later, later);
      await deliver(family, 0);
      return await deliver(family, 1);
    },
  },
  invalid_payload: {
    attempts: 1,
    kinds: KINDS,
    die: (family) => deliver(family, 0, { ...family.task, ...INVALID }),
  },
  attempts_used_up: {
    attempts: 2,
    kinds: ["claim"],
    async die(family) {
      family.parent.steps(later);
      await deliver(family, 0);
      const held = family.parent.hold();
      const lost = deliver(family, 1);
      await held.started;
      await family.storeClock.advance(leaseMsOf(TEST_QUEUES.default) + 1);
      const outcome = await deliver(family, 2);
      held.finish(later());
      await lost;
      return outcome;
    },
  },
  too_old: {
    attempts: 0,
    kinds: ["natural", "transaction"],
    async die(family) {
      const enqueuedAt = new Date(family.storeClock.now() - 31 * DAY_MS).toISOString();
      return await deliver(family, 1, { ...family.task, enqueuedAt });
    },
  },
};

type Die = (family: Family) => Promise<string | null>;

/** The payload that a task was enqueued with before its type forbade it. Its hash is that of {"n":"1"}. */
const INVALID = {
  payload: { n: "1" },
  payloadHash: "1a2613ec93fa82b8b76d7decf6f493cff9bdf9999208caa30deb11440c1f8b43",
};

describe.each(Object.entries(DEATHS))("a death of %s", (code, { attempts, kinds, die }) => {
  it.each(kinds)("of a %s task creates its onDead in the same commit", async (kind) => {
    const family = await setUpFamily(kind, { onTestFinished });

    expect(await die(family)).toBe("dead");

    const { id, traceparent } = family.task;
    expect(await family.deadLetters()).toMatchObject([{ letterId: id, code, attempts }]);
    const notice = { deadLetterId: id, taskId: id, type: PARENTS[kind].type, code, attempts };
    expect(await family.queues.queued()).toEqual([
      expect.objectContaining({ type: "test.notify", payload: notice, parentId: id, caller: CALLER }),
    ]);
    expect(traceparent).toBeUndefined();
    expect(await family.entries()).toEqual([]);
  });
});

it.each(KINDS)("nothing is created for a %s task's conflict", async (kind) => {
  const family = await setUpFamily(kind, { onTestFinished });
  family.parent.steps(later);
  await deliver(family, 0);
  const other = { ...sealTask(PARENTS[kind], { n: 2 }), id: family.task.id };

  expect(await deliver(family, 1, other)).toBe("dead");

  expect(await family.deadLetters()).toMatchObject([{ code: "payload_conflict" }]);
  expect([await family.queues.creations(), await family.entries()]).toEqual([0, []]);
});

it("nothing is created for a task whose type no revision knows", async () => {
  const family = await setUpFamily("claim", { onTestFinished });
  const task = sealTask({ type: "test.unheard-of", queue: "default", idempotency: "claim" }, {});
  const outcomes: (string | null)[] = [];
  for (let delivery = 0; delivery < 10; delivery++) outcomes.push(await deliver(family, delivery, task));

  expect(outcomes.at(-1)).toBe("dead");
  expect([await family.queues.creations(), await family.entries()]).toEqual([0, []]);
});

describe("a task that onDead created", () => {
  const LETTER = "0123456789abcdef0123456789abcdef-default";
  const notice = { deadLetterId: LETTER, taskId: LETTER, type: "test.claim-parent", code: "gone", attempts: 1 };
  const made = { ...sealTask(notify, notice), id: deriveTaskId(["dead", LETTER], notify) };

  it.each([
    ["dies", made, 0],
    ["dies as a replay", { ...sealTask(notify, notice), replayOf: made.id }, 0],
    ["was enqueued by somebody else, with the same payload, dies", sealTask(notify, notice), 1],
  ])("that %s has no onDead of its own, unlike any other", async (_, task, told) => {
    const family = await setUpFamily("claim", { onTestFinished });
    family.notified.steps(() => failPermanently({ code: "gone", message: "Gone." }));

    expect(await deliver(family, 0, task)).toBe("dead");

    expect([...(await family.queues.queued()), ...(await family.entries())]).toHaveLength(told);
  });
});
