import { expect, it } from "vitest";
import { BODY, deliveryOf, requestOf } from "../../harness/worker/delivery-request.ts";

it("reads a delivery with the rules of its type", async () => {
  const { delivery, end, ran } = await deliveryOf(requestOf());
  expect(delivery).toMatchObject({
    envelope: BODY,
    kind: "claim",
    maxAttempts: 7,
    timeoutMs: 12_000,
    leaseMs: 50_000,
    isFirstDispatch: true,
  });
  expect([end, ran]).toEqual([{ kind: "succeeded", result: "counted" }, [{ n: 1 }]]);
});

it.each(["application/json; charset=utf-8", "Application/JSON", "application/json ;charset=utf-8"])(
  "accepts the content type %s",
  async (type) => {
    await expect(deliveryOf(requestOf({ headers: { "content-type": type } }))).resolves.toBeDefined();
  },
);

it("accepts a delivery with any of its queue's names in Cloud Tasks", async () => {
  const byAnother = requestOf({ headers: { "x-cloudtasks-queuename": "default-queue-2" } });
  await expect(deliveryOf(byAnother)).resolves.toMatchObject({ ran: [{ n: 1 }] });
});

it("accepts a task whose id marks a natural type", async () => {
  const id = BODY.id.replace("-", "n-");
  const { delivery } = await deliveryOf(requestOf({ headers: { "x-cloudtasks-taskname": id }, body: { id } }));
  expect(delivery).toMatchObject({ envelope: { id }, leaseMs: 50_000 });
});

it.each([
  ["0", true],
  ["1", false],
  ["-1", false],
  ["1000000000", false],
  ["NaN", false],
  ["0, 0", false],
  [undefined, false],
])("processes a delivery whose retry count is %s; it is the first dispatch: %s", async (count, isFirstDispatch) => {
  const { delivery } = await deliveryOf(requestOf({ headers: { "x-cloudtasks-taskretrycount": count } }));
  expect(delivery.isFirstDispatch).toBe(isFirstDispatch);
});

it.each([
  ["0", false],
  ["1", true],
  [undefined, true],
])("processes a later hop whose retry count is %s, which is never a first dispatch", async (count, isRepeated) => {
  const headers = { "x-cloudtasks-taskname": `${BODY.id}-h3`, "x-cloudtasks-taskretrycount": count };
  const { delivery, ran } = await deliveryOf(requestOf({ headers, body: { hop: 3 } }));
  expect(delivery).toMatchObject({ envelope: { hop: 3 }, isFirstDispatch: false, isRepeated });
  expect(ran).toEqual([{ n: 1 }]);
});

it.each(["constructor", "__proto__", "newer.type"])("makes a delivery of the unknown type %s", async (type) => {
  const { delivery, end, ran } = await deliveryOf(requestOf({ path: `/tasks/${type}`, body: { type } }));
  expect(delivery).toMatchObject({
    kind: "unrunnable",
    maxAttempts: Number.POSITIVE_INFINITY,
    isFirstDispatch: true,
  });
  expect([end, ran]).toEqual([{ kind: "unknown-type", type }, []]);
});

it("returns a delivery for an invalid payload, which fails permanently and runs nothing", async () => {
  // printf '%s' '{"n":"one"}' | sha256sum
  const payloadHash = "03bcc449e98d6f206e7b772a14b6464e640bef5ff16d5c26bab852357efad2a2";
  const { delivery, end, ran } = await deliveryOf(requestOf({ body: { payload: { n: "one" }, payloadHash } }));
  expect(delivery).toMatchObject({ kind: "unrunnable", maxAttempts: 1 });
  expect([end, ran]).toEqual([
    {
      kind: "permanent",
      error: { code: "invalid_payload", message: "payload.n: must be a number" },
    },
    [],
  ]);
});

it("truncates the problems of an invalid payload, so that they fit in a record beside the largest one", async () => {
  const names = Array.from({ length: 10 }, (_, n) => `${n}${"k".repeat(150)}`);
  // python3 -c 'import json; print(json.dumps({f"{n}" + "k" * 150: 1 for n in range(10)}, separators=(",", ":")), end="")' | sha256sum
  const payloadHash = "4048cfc14574ada46129e9d2d4c31626a4a7080608866d4272aab8ae44d2dc89";
  const { end } = await deliveryOf(
    requestOf({ body: { payload: Object.fromEntries(names.map((name) => [name, 1])), payloadHash } }),
  );
  const message = end.kind === "permanent" ? end.error.message : "";
  expect(message).toMatch(/^payload\.n: is missing; payload\.0k+: is not a known field.*…$/);
  expect(message.length).toBeLessThanOrEqual(1_001);
});
