import { expect, it } from "vitest";
import { ACCOUNTS } from "../../harness/auth/callers.ts";
import { setUpConsole } from "../../harness/console/console-harness.ts";
import { CLAIMED } from "../../harness/producer/producer-harness.ts";

it("shows the queues with their depths", async () => {
  const { producer, get } = await setUpConsole();
  await producer.enqueue(CLAIMED);
  const page = await get("/");
  expect(page.status).toBe(200);
  expect(page.links).toContain("/queues/default");
  expect(page.main).toMatch(/default .*1/);
  expect(page.liveSeconds).toBe(5);
});

it("says who looks, and in which role", async () => {
  const { get } = await setUpConsole({ person: ACCOUNTS.viewer });
  const page = await get("/");
  expect(page.status).toBe(200);
  expect(page.text).toContain(`${ACCOUNTS.viewer} viewer`);
});
