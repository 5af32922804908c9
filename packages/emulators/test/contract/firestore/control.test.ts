import { expect, it } from "vitest";
import { VirtualClock } from "../../../src/kernel/virtual-clock.ts";
import { setupClient } from "./support/harness.ts";
import { startOurs } from "./support/our-emulator.ts";

const START_MS = Date.UTC(2026, 0, 1);

async function setup() {
  const { address, emulator } = await startOurs({ clock: new VirtualClock({ startMs: START_MS }) });
  const call = async (method: string, path: string, body?: object): Promise<{ status: number; json: unknown }> => {
    const response = await fetch(`http://${address}/_emulator/${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: response.status, json: await response.json() };
  };
  return { address, emulator, call };
}

it("reports its health, and moves its clock", async () => {
  const { call } = await setup();
  expect(await call("GET", "health")).toMatchObject({ status: 200, json: { status: "ok", service: "firestore" } });
  expect(await call("POST", "clock", { advance: "2d" })).toMatchObject({ json: { now: "2026-01-03T00:00:00.000Z" } });
});

it("accepts faults of calls, and no others", async () => {
  const { call, emulator } = await setup();
  const fault = { kind: "call", method: "Commit", code: "ABORTED", when: "after" };
  expect((await call("POST", "faults", fault)).status).toBe(201);
  expect((await call("POST", "faults", { kind: "answer-lost" })).status).toBe(400);
  expect((await call("POST", "faults", { ...fault, method: "CreateTask" })).status).toBe(400);
  expect(emulator.faults()).toEqual([{ fault, hits: 0 }]);
});

it("resets a project", async () => {
  const { call, address } = await setup();
  const { db, projectId } = setupClient(address);
  await db.doc("c/a").set({});
  expect((await call("POST", "reset", { project: "another" })).status).toBe(200);
  expect((await db.doc("c/a").get()).exists).toBe(true);
  expect((await call("POST", "reset", { project: projectId })).status).toBe(200);
  expect((await db.doc("c/a").get()).exists).toBe(false);
});
