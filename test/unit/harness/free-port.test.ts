import { expect, test, vi } from "vitest";
import { freePort } from "../../harness/network/free-port.ts";

test("a port is given once, though nothing listens on it yet", async () => {
  // Both draw the same number first.
  const draw = vi.spyOn(Math, "random");
  for (const drawn of [0.5, 0.5, Math.random()]) draw.mockReturnValueOnce(drawn);

  const [first, second] = [await freePort(), await freePort()];
  draw.mockRestore();

  expect(second).not.toBe(first);
});
