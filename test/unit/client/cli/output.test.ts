import { expect, it } from "vitest";
import { createOutput } from "../../../../packages/client/src/cli/output/output.ts";
import { plain, plainJson } from "../../../../packages/client/src/cli/output/plain.ts";
import { createProgress, progressLine } from "../../../../packages/client/src/cli/output/progress.ts";
import { type Column, tableLines } from "../../../../packages/client/src/cli/output/table.ts";
import { surroundingsOf } from "../../../harness/client/terminal.ts";

interface Row {
  readonly name: string;
  readonly n: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "NAME", of: ({ name }) => name },
  { title: "N", of: ({ n }) => n, align: "right" },
];
const ROWS = [
  { name: "one", n: 1 },
  { name: "eleven", n: 1_100 },
];

it("aligns a table's columns, and lets no cell move the cursor or change colours", () => {
  const lines = tableLines([...ROWS, { name: "\u001b[2J\u009bx\n\u202ey", n: 2 }], COLUMNS, { head: true });
  expect(lines).toEqual(["NAME          N", "one           1", "eleven     1100", "\ufffd[2J\ufffdx \ufffdy     2"]);
  expect(plain("tab\there")).toBe("tab here");
});

it("escapes control characters in JSON without changing any value", () => {
  const value = { text: "a\u001b\u0007\u007f\u009b\u2028\u202eb" };
  expect(plainJson(value)).toMatch(/^[\x20-\x7e]*$/);
  expect(JSON.parse(plainJson(value))).toEqual(value);
});

it("prints a table on a terminal, and a line of JSON for each row in a pipe or with --json", async () => {
  const print = async (isTerminal: boolean, json: boolean, env = {}) => {
    const { surroundings, stdout } = surroundingsOf({ isTerminal, env });
    await createOutput(surroundings, json).rows([ROWS, [{ name: "two", n: 2 }]], COLUMNS, { none: "None." });
    return stdout();
  };
  const json = '{"name":"one","n":1}\n{"name":"eleven","n":1100}\n{"name":"two","n":2}\n';
  expect(await print(false, false)).toBe(json);
  expect(await print(true, true)).toBe(json);
  expect(await print(true, false, { NO_COLOR: "1" })).toBe("NAME       N\none        1\neleven  1100\ntwo   2\n");
  expect(await print(true, false)).toContain("\u001b[1mNAME");
});

it("says on a terminal that there is nothing, and prints nothing in a pipe", async () => {
  for (const isTerminal of [true, false]) {
    const { surroundings, stdout } = surroundingsOf({ isTerminal });
    await createOutput(surroundings, false).rows([[]], COLUMNS, { none: "None." });
    expect(stdout()).toBe(isTerminal ? "None.\n" : "");
  }
});

it("shows the progress, the speed and the remaining time", () => {
  const line = progressLine({ done: 12_500, share: 0.25, noun: "tasks", tookMs: 5_000 });
  expect(line).toBe(`${"█".repeat(6)}${"░".repeat(18)} 25% 12,500 tasks, 2,500/s, 15 s left`);
  expect(progressLine({ done: 3, share: undefined, noun: "tasks", tookMs: 1_000 })).toBe("3 tasks, 3/s");
});

it("draws its bar on a terminal's stderr, removes it again, and writes nothing in a pipe", () => {
  for (const isTerminal of [true, false]) {
    const { surroundings, stdout, stderr } = surroundingsOf({ isTerminal });
    const progress = createProgress(surroundings, "tasks");
    progress.update(1, 0.5);
    // Too soon to draw it again.
    progress.update(2, 0.6);
    progress.clear();
    expect(stdout()).toBe("");
    expect(stderr().replaceAll(/[\d,]+\/s|\d+ s left/g, "")).toBe(
      isTerminal ? `\r${"█".repeat(12)}${"░".repeat(12)} 50% 1 tasks, , \u001b[K\r\u001b[K` : "",
    );
  }
});
