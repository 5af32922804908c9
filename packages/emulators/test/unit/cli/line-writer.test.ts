import { execFile } from "node:child_process";
import path from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { promisify } from "node:util";
import { expect, it, test } from "vitest";
import { createLineWriter } from "../../../src/cli/line-writer.ts";

const MODULE = path.join(import.meta.dirname, "../../../src/cli/line-writer.ts");

test("writes the lines of one turn together, and in order", async () => {
  const written: string[] = [];
  const write = createLineWriter({ write: (text) => written.push(text) });
  write("a\n");
  write("b\n");
  expect(written).toEqual([]);
  await nextTurn();
  expect(written).toEqual(["a\nb\n"]);
  write("c\n");
  await nextTurn();
  expect(written).toEqual(["a\nb\n", "c\n"]);
});

it.each(["process.exit(0)", "process.exit(3)", "throw new Error('a bug')", "Promise.reject(new Error('a bug'))"])(
  "loses no line of a process that ends by %s",
  async (ending) => {
    const program = `
      const { createLineWriter } = await import(${JSON.stringify(MODULE)});
      const write = createLineWriter(process.stdout);
      for (let n = 0; n < 1000; n++) write("line " + n + "\\n");
      ${ending};`;
    const ended = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program]);
    const { stdout } = await ended.catch((error: { stdout: string }) => error);
    expect(stdout.split("\n").filter((line) => line !== "")).toHaveLength(1000);
  },
);
