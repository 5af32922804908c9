import { expect, it } from "vitest";
import { ACCOUNTS } from "../../harness/auth/callers.ts";
import { setUpConsole } from "../../harness/console/console-harness.ts";
import { SCHEDULE_REGISTRY } from "../../harness/schedules/test-schedules.ts";

const producer = { registry: SCHEDULE_REGISTRY, schedulesOff: ["hourly"] };

it("shows each schedule in words, with its next three times", async () => {
  const { get } = await setUpConsole({ producer });
  const page = await get("/schedules");
  expect(page.status).toBe(200);
  expect(page.main).toContain("nightly webhook.deliver Payload");
  expect(page.main).toContain("At 02:30 30 2 * * * Europe/Berlin");
  expect(page.main).toContain("Makes up for every time that it missed.");
  expect(page.main).toContain("off The setting handoff:schedulesOff names it.");
  const times = page.valuesOf("datetime");
  // Three of each that is active.
  expect(times).toHaveLength(6);
  expect(new Set(times).size).toBe(6);
  expect(page.actions).toContain("/schedules/nightly/pause");
  expect(page.actions).not.toContain("/schedules/hourly/pause");
  expect(page.liveSeconds).toBe(5);
});

it("pauses and resumes a schedule, and says so", async () => {
  const { act } = await setUpConsole({ producer });
  const paused = await act("/schedules/nightly/pause");
  expect(paused.text).toContain("Paused nightly.");
  expect(paused.actions).toContain("/schedules/nightly/resume");
  const resumed = await act("/schedules/nightly/resume");
  expect(resumed.text).toContain("Resumed nightly.");
  expect(resumed.actions).toContain("/schedules/nightly/pause");
});

it("runs a schedule now, and leads to the task that this created", async () => {
  const { post, producer: api } = await setUpConsole({ producer });
  const done = await post("/schedules/hourly/run");
  const [task] = await api.queuedTasks("default");
  const id = task?.name?.split("/").at(-1);
  expect(done).toMatchObject({ status: 303, location: `/tasks/${id}` });
});

it("creates one task for two clicks on one button", async () => {
  const { get, post, producer: api } = await setUpConsole({ producer });
  const { html } = await get("/schedules");
  const [, key = ""] = /action="\/schedules\/nightly\/run".*?name="key" value="([^"]+)"/s.exec(html) ?? [];
  const [first, second] = [
    await post("/schedules/nightly/run", { key }),
    await post("/schedules/nightly/run", { key }),
  ];
  expect(first.location).toBe(second.location);
  expect(await api.queuedTasks("default")).toHaveLength(1);
});

it("shows how to define a schedule if there is none", async () => {
  const { get } = await setUpConsole();
  const page = await get("/schedules");
  expect(page.main).toContain("shared/tasks/schedules.ts");
  expect(page.main).toContain("defineSchedule({");
});

it("offers a viewer no action, and shows the producer's refusal of each", async () => {
  const { get, post, producer: api } = await setUpConsole({ producer, person: ACCOUNTS.viewer });
  const page = await get("/schedules");
  expect(page.status).toBe(200);
  expect(page.actions.filter((action) => action.startsWith("/schedules/"))).toEqual([]);
  expect(page.main).not.toContain("Payload");
  for (const action of ["pause", "resume", "run"]) {
    const refused = await post(`/schedules/nightly/${action}`);
    expect(refused.status).toBe(403);
    expect(refused.main).toContain("which may not pause, resume or run schedules");
  }
  expect(await api.queuedTasks("default")).toEqual([]);
});

it("says that a schedule doesn't exist", async () => {
  const { post } = await setUpConsole({ producer });
  const page = await post(`/schedules/${encodeURIComponent('"><script>')}/run`);
  expect(page.status).toBe(404);
  expect(page.html).not.toContain('"><script>');
});
