import { expect, it } from "vitest";
import { idsOf } from "../../../../services/producer/tasks/shared-keys.ts";
import { deliverWebhook } from "../../../harness/registry/test-registry.ts";

const FROM = Date.UTC(2026, 11, 1);
/** Cloud Tasks keeps a task for 31 days, and we keep its record for 33. */
const LOOK_BACK_MS = 64 * 24 * 60 * 60_000;

const caller = { email: "shop@example.com", role: "caller" } as const;
const task = { taskType: deliverWebhook, caller, key: { text: "k" } };

/** printf 'webhook.deliver\0k' | sha256sum */
const SHARED = "332f293d32dcf986404a0d7575167291-default";
/** printf 'key\0shop@example.com\0webhook.deliver\0k' | sha256sum */
const OWN = "9ce983a281109944d9c969bb805dc910-default";

it.each<[string, number, number | undefined, object]>([
  ["shared before its time, unless its caller's is held", FROM - 1, FROM, { id: SHARED, sharedId: SHARED, ownId: OWN }],
  ["its caller's from then on, unless the shared one is held", FROM, FROM, { id: OWN, sharedId: SHARED }],
  ["so until the last trace of a shared one is gone", FROM + LOOK_BACK_MS - 1, FROM, { id: OWN, sharedId: SHARED }],
  ["its caller's alone after that", FROM + LOOK_BACK_MS, FROM, { id: OWN }],
  ["looked for as a shared one for ever if no time is set", FROM, undefined, { id: OWN, sharedId: SHARED }],
])("an id is %s", (_, nowMs, callerKeysFromMs, expected) => {
  expect(idsOf(task, { nowMs, ...(callerKeysFromMs === undefined ? {} : { callerKeysFromMs }) })).toEqual(expected);
});

it("the shared id of a natural type has no mark, since none had one then", () => {
  const taskType = { ...deliverWebhook, idempotency: "natural" } as const;
  const id = OWN.replace("-", "n-");
  expect(idsOf({ ...task, taskType }, { nowMs: FROM })).toEqual({ id, sharedId: SHARED });
});

it("a task without a key has its own id, and no earlier one", () => {
  const { taskType } = task;
  expect(idsOf({ taskType, caller }, { nowMs: FROM })).toEqual({ id: expect.stringMatching(/^[0-9a-f]{32}-default$/) });
});
