import { expect, test } from "vitest";
import { TargetPool } from "../../../../src/cloud-tasks/dispatch/request/target-pool.ts";

const makeTarget = (url: string, account = "a@example.com") => ({
  url,
  method: "POST" as const,
  headers: [["X-A", "b"]] as const,
  token: { kind: "oidc" as const, email: account },
});

test("makes equal targets one object, and keeps different ones apart", () => {
  const pool = new TargetPool();
  const first = pool.share(makeTarget("http://example.com/"));
  expect(pool.share(makeTarget("http://example.com/"))).toBe(first);
  expect(pool.share(makeTarget("http://example.com/other"))).not.toBe(first);
  const other = makeTarget("http://example.com/", "b@example.com");
  expect(pool.share(other)).toBe(other);
});

test("accepts more targets than it remembers", () => {
  const pool = new TargetPool();
  for (let index = 0; index < 5000; index++) {
    expect(pool.share(makeTarget(`http://example.com/${index}`)).url).toBe(`http://example.com/${index}`);
  }
});
