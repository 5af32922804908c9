import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { confirmUrl } from "../../../../packages/client/src/cli/auth/confirmed-urls.ts";
import { temporaryFolder } from "../../../harness/runtime/temporary-folder.ts";
import { surroundingsOf } from "../../../harness/client/terminal.ts";

const ORIGIN = "https://producer.example";

/** Asks as one command of a person would. */
function command(folder: string, { isTerminal, typed = "" }: { isTerminal: boolean; typed?: string }) {
  const { surroundings, stderr } = surroundingsOf({ isTerminal, typed, env: { XDG_CONFIG_HOME: folder } });
  return { stderr, confirm: (origin = ORIGIN) => confirmUrl(origin, surroundings) };
}

it("asks on a terminal once, and stores the address where only the person can read it", async () => {
  const folder = temporaryFolder();
  const first = command(folder, { isTerminal: true, typed: `${ORIGIN}\n` });
  await first.confirm();
  expect(first.stderr()).toContain(`Your own identity token would go to ${ORIGIN}.`);
  const file = path.join(folder, "handoff/confirmed-urls.json");
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  expect(fs.statSync(path.dirname(file)).mode & 0o777).toBe(0o700);

  const later = command(folder, { isTerminal: true });
  await later.confirm();
  expect(later.stderr()).toBe("");
  await expect(command(folder, { isTerminal: false }).confirm()).resolves.toBeUndefined();
});

it.each(["", "\n", "yes\n", "https://producer.example.org\n", "http://producer.example\n"])(
  "takes %j for no, and keeps nothing",
  async (typed) => {
    const folder = temporaryFolder();
    await expect(command(folder, { isTerminal: true, typed }).confirm()).rejects.toThrow(
      "The address is not confirmed",
    );
    expect(fs.readdirSync(folder)).toEqual([]);
  },
);

it("refuses in a pipe, and says what to do; another address needs its own confirmation", async () => {
  const folder = temporaryFolder();
  await command(folder, { isTerminal: true, typed: `${ORIGIN}\n` }).confirm();
  const piped = command(folder, { isTerminal: false, typed: "https://other.example\n" });
  await expect(piped.confirm("https://other.example")).rejects.toThrow(
    "Run the command once on a terminal, or name a service account with --impersonate.",
  );
});
