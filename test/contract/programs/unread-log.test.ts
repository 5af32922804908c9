import { expect, test } from "vitest";
import { SERVICES, startService } from "./service.ts";

/** Enough lines for any pipe's buffer and for what may wait: each request is a line. */
const REQUESTS = 6_000;
const CONCURRENCY = 50;

async function request(port: number, times: number): Promise<Set<number>> {
  const statuses = new Set<number>();
  for (let sent = 0; sent < times; sent += CONCURRENCY) {
    const url = `http://127.0.0.1:${port}/tasks/unknown`;
    const answers = await Promise.all(Array.from({ length: CONCURRENCY }, () => fetch(url, { method: "POST" })));
    for (const { status } of answers) statuses.add(status);
  }
  return statuses;
}

test.for(SERVICES)(
  "the %s continues serving while nobody reads its log, and counts what it drops",
  async (name, context) => {
    const service = await startService(name, context);
    const { stdout } = service.child;
    const before = service.text().split("\n").length;
    stdout.pause();

    const statuses = await request(service.port, REQUESTS);
    expect(statuses).toEqual(new Set([name === "worker" ? 401 : 404]));
    stdout.resume();
    await expect.poll(() => service.text(), { timeout: 100_000 }).toContain("log lines were dropped");
    service.child.kill("SIGTERM");

    expect(await service.ended).toBe(0);
    const lines = service
      .text()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const dropped = lines.reduce((sum, line) => sum + (line.dropped ?? 0), 0);
    const counts = lines.filter((line) => line.dropped !== undefined).length;
    const others = lines.filter(({ message }) => ["stopping", "draining", "stopped"].includes(message)).length;
    expect(lines.length - counts - others - (before - 1) + dropped).toBe(REQUESTS);
    expect(lines.at(-1)).toMatchObject({ message: "stopped" });
  },
);

test.for(SERVICES)("the %s continues serving when its log's reader has gone", async (name, context) => {
  const service = await startService(name, context);
  service.child.stdout.destroy();

  expect(await request(service.port, CONCURRENCY * 4)).toEqual(new Set([name === "worker" ? 401 : 404]));
  service.child.kill("SIGTERM");

  expect(await service.ended).toBe(0);
});
