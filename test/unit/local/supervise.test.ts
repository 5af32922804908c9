import { VirtualClock } from "handoff-emulators/clock";
import { expect, it, onTestFinished } from "vitest";
import type { Child, Ending, Program } from "../../../services/local/child.ts";
import { type Supervision, supervise } from "../../../services/local/supervise.ts";

const CRASHED: Ending = { how: "ended with exit code 1", isCrash: true, lastError: "Error: no such table" };
const KILLED: Ending = { how: "was ended by SIGKILL", isCrash: false };
const LEFT: Ending = { how: "ended with exit code 0", isCrash: false };

/** A supervised program whose processes the test ends; the first one is listening. */
async function setup({ ifItEnds = "restart" }: Partial<Pick<Supervision, "ifItEnds">> = {}) {
  const clock = new VirtualClock({ startMs: 0 });
  const printed: string[] = [];
  const gone: string[] = [];
  const children: { listen: () => Promise<void>; end: (ending: Ending) => Promise<void>; stops: number }[] = [];
  const programs: Program[] = [];
  const startChild = (program: Program): Child => {
    programs.push(program);
    const listening = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<Ending>();
    listening.promise.catch(() => {});
    const child = {
      stops: 0,
      async listen() {
        listening.resolve();
        await clock.advance(0);
      },
      async end(ending: Ending) {
        listening.reject(new Error("ended"));
        ended.resolve(ending);
        await clock.advance(0);
      },
    };
    children.push(child);
    return {
      pid: children.length,
      listening: listening.promise,
      ended: ended.promise,
      async stop() {
        child.stops++;
      },
    };
  };
  const print = (line: string): void => void printed.push(line);
  const program = { name: "worker", command: ["node"] as const, environment: {} };
  const supervised = supervise(program, { clock, print, startChild, ifItEnds, onGone: (why) => void gone.push(why) });
  onTestFinished(() => supervised.stop());
  const last = () => {
    const child = children.at(-1);
    if (!child) throw new Error("Nothing has been started.");
    return child;
  };
  return { clock, printed, gone, children, programs, supervised, last };
}

/** The same, with the first process listening. */
async function setupRunning(options: Partial<Pick<Supervision, "ifItEnds">> = {}) {
  const running = await setup(options);
  await running.last().listen();
  await running.supervised.listening;
  return running;
}

it("restarts a program at once, however often it is killed by hand", async () => {
  const { children, printed, gone, last } = await setupRunning();
  for (let kills = 1; kills <= 50; kills++) {
    await last().end(KILLED);
    expect(children).toHaveLength(kills + 1);
    await last().listen();
  }
  expect(gone).toEqual([]);
  expect(printed.join("\n")).not.toContain("crash loop");
  expect(printed).toContain("worker was ended by SIGKILL; starting it again");
  expect(printed.at(-2)).toMatch(
    /50 times in a row, each time before .+ 10 s; starting it again\. If nobody did that, .+memory/,
  );
});

it("restarts a program that exits in order", async () => {
  const { children, printed, last } = await setupRunning();
  await last().end(LEFT);
  expect(children).toHaveLength(2);
  expect(printed).toContain("worker ended with exit code 0; starting it again");
});

it("waits longer after each crash in a row, up to 10 s, and never gives up", async () => {
  const { clock, children, gone, last } = await setupRunning();
  for (const delayMs of [0, 1_000, 2_000, 5_000, 10_000, 10_000, 10_000]) {
    const started = children.length;
    await last().end(CRASHED);
    if (delayMs > 0) await clock.advance(delayMs - 1);
    expect(children).toHaveLength(started + (delayMs === 0 ? 1 : 0));
    if (delayMs > 0) await clock.advance(1);
    expect(children).toHaveLength(started + 1);
  }
  expect(gone).toEqual([]);
});

it("names a crash loop from the third crash in a row on, with the last cause and what happens next", async () => {
  const { clock, printed, last } = await setupRunning();
  await last().end(CRASHED);
  await last().end(CRASHED);
  await clock.advance(1_000);
  expect(printed.join("\n")).not.toContain("crash loop");
  await last().end(CRASHED);
  expect(printed.at(-1)).toBe(
    "worker is in a crash loop: it ended 3 times in a row, each time before it had run for 10 s. It last ended with exit code 1; " +
      "starting it again in 2 s, and so on until you fix the cause.\n  last error: Error: no such table",
  );
});

it("forgets earlier crashes once the program has listened for 10 s", async () => {
  const { clock, children, printed, last } = await setupRunning();
  for (let crashes = 0; crashes < 20; crashes++) {
    await last().listen();
    await clock.advance(10_000);
    await last().end(CRASHED);
  }
  expect(children).toHaveLength(21);
  expect(printed.join("\n")).not.toContain("crash loop");
});

it("doesn't count a slow start as healthy", async () => {
  const { clock, printed, last } = await setupRunning();
  for (let crashes = 0; crashes < 2; crashes++) {
    await clock.advance(60_000);
    await last().end(CRASHED);
    await clock.advance(10_000);
  }
  expect(printed.join("\n")).not.toContain("crash loop");
  await last().end(CRASHED);
  expect(printed.at(-1)).toContain("crash loop");
});

it("doesn't restart a program that ended before it was ever listening", async () => {
  const { clock, children, gone, supervised, last } = await setup();
  await Promise.all([expect(supervised.listening).rejects.toThrow("ended"), last().end(CRASHED)]);
  await clock.advance(60_000);
  expect(children).toHaveLength(1);
  expect(gone).toEqual([]);
});

it("keeps trying when a restarted program ends before it is listening", async () => {
  const { clock, children, last } = await setupRunning();
  await last().end(KILLED);
  await last().end(CRASHED);
  await clock.advance(1_000);
  expect(children).toHaveLength(3);
});

it.each([
  ["while it runs", 0],
  ["while it waits to be started again", 2],
])("starts nothing after a stop %s", async (_when, crashes) => {
  const { clock, children, supervised, last } = await setupRunning();
  for (let crash = 0; crash < crashes; crash++) await last().end(CRASHED);
  const started = children.length;
  await supervised.stop();
  await last().end(KILLED);
  await clock.advance(60_000);
  expect(children).toHaveLength(started);
  expect(last().stops).toBe(1);
});

const EDITED = { name: "worker", command: ["node"] as const, environment: { QUEUES: "{}" } };

it("restarts a program once its port is free, while the old process finishes its work", async () => {
  const { children, programs, supervised, last } = await setupRunning();
  const old = last();
  const port = Promise.withResolvers<void>();
  const reloaded = supervised.reload(EDITED, () => port.promise);
  expect([old.stops, children.length]).toEqual([1, 1]);

  port.resolve();
  await expect.poll(() => children.length).toBe(2);
  await last().listen();
  expect(await reloaded).toBe(true);
  expect(programs.at(-1)).toBe(EDITED);
  await old.end(LEFT);
  expect(children).toHaveLength(2);
});

it("doesn't restart a program that can't start after a change, but does after the next change", async () => {
  const { clock, children, printed, supervised, last } = await setupRunning();
  const broken = supervised.reload(EDITED, async () => {});
  await expect.poll(() => children.length).toBe(2);
  await last().end(CRASHED);
  expect(await broken).toBe(false);
  await clock.advance(60_000);
  expect(children).toHaveLength(2);
  expect(printed.join("\n")).not.toContain("again");

  const mended = supervised.reload(EDITED, async () => {});
  await expect.poll(() => children.length).toBe(3);
  await last().listen();
  expect(await mended).toBe(true);
  await last().end(KILLED);
  expect(children).toHaveLength(4);
});

it("restarts a waiting program at once after a change", async () => {
  const { clock, children, supervised, last } = await setupRunning();
  for (let crash = 0; crash < 4; crash++) {
    await last().end(CRASHED);
    await clock.advance(2_000);
  }
  expect(children).toHaveLength(4);
  void supervised.reload(EDITED, async () => {});
  await expect.poll(() => children.length).toBe(5);
  await clock.advance(60_000);
  expect(children).toHaveLength(5);
});

it("waits at its stop for every process that it has started, and starts no more", async () => {
  const { children, supervised } = await setupRunning();
  const port = Promise.withResolvers<void>();
  const reloaded = supervised.reload(EDITED, () => port.promise);
  await supervised.stop();
  port.resolve();
  expect(await reloaded).toBe(false);
  expect(await supervised.reload(EDITED, async () => {})).toBe(false);
  expect(children.map(({ stops }) => stops)).toEqual([1]);
});

it("reports an emulator that ends, and doesn't restart it", async () => {
  const { clock, children, gone, last } = await setupRunning({ ifItEnds: "give up" });
  await last().end(KILLED);
  await clock.advance(60_000);
  expect(children).toHaveLength(1);
  expect(gone).toEqual(["The worker was ended by SIGKILL."]);
});
