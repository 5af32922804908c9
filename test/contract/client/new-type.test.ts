import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { runCommandLine } from "../../../packages/client/src/cli/command-line.ts";
import { surroundingsOf } from "../../harness/client/terminal.ts";
import { temporaryFolder } from "../../harness/runtime/temporary-folder.ts";

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, "../../..");

/** What a new type's files import, and what checks them. */
const COPIED = ["shared", "services/worker", "package.json", "tsconfig.json", ".oxfmtrc.json"];

/** A project of somebody's own. */
function project() {
  const folder = temporaryFolder();
  for (const name of COPIED) fs.cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  fs.symlinkSync(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"));
  const add = async (type: string, kind: string, cwd = path.join(folder, "shared"), ...more: readonly string[]) => {
    const { surroundings, stdout, stderr } = surroundingsOf({ cwd });
    const code = await runCommandLine(["new", type, "--kind", kind, ...more], surroundings);
    return { code, stdout: stdout(), stderr: stderr() };
  };
  const texts = () =>
    fs.readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  return {
    folder,
    add,
    files: () =>
      texts()
        .filter((file) => !file.startsWith("node_modules"))
        .toSorted(),
  };
}

it("writes a formatted, compiling type of each kind, with its handler, its test and its lines in both indexes", async () => {
  const { folder, add, files } = project();
  const before = files();
  const written: string[] = [];
  // The first is the example in the command's help.
  for (const [type, kind] of [
    ["email.send", "claim"],
    ["e-mail.index", "natural"],
    ["ledger.close-day", "transaction"],
  ] as const) {
    const added = await add(type, kind);
    expect(added).toMatchObject({ code: 0, stderr: "" });
    const { files: named }: { files: string[] } = JSON.parse(added.stdout);
    written.push(...named);
  }

  expect(files().length - before.length).toBe(3 * 3);
  const options = { cwd: folder };
  const formatter = path.join(ROOT, "node_modules/oxfmt/bin/oxfmt");
  await run(process.execPath, [formatter, "--check", ...new Set(written)], options);
  await run(process.execPath, [path.join(ROOT, "node_modules/@typescript/native/bin/tsc"), "-p", "."], options);
});

it("writes nothing for an existing type, a malformed name or a folder outside the project", async () => {
  const { folder, add, files } = project();
  const before = files();

  expect(await add("webhook.deliver", "claim")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("exists: see shared/tasks/webhook-deliver.ts"),
  });
  expect(await add("queues", "claim")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("shared/tasks/queues.ts"),
  });
  // Another type whose files, or constant, would be the same.
  expect(await add("webhook-deliver", "claim")).toMatchObject({ code: 1 });
  expect(await add("Email", "claim")).toMatchObject({ code: 2 });
  expect(await add("email.send.", "claim")).toMatchObject({ code: 2 });
  expect(await add("email.check", "sometimes")).toMatchObject({ code: 2 });
  expect(await add("email.check", "claim", path.dirname(folder))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("not in a Handoff project"),
  });
  expect(await add("email.check", "claim", folder, "--queue", "mail")).toEqual({
    code: 1,
    stdout: "",
    stderr: "There is no queue mail in shared/tasks/queues.ts. Add it there first. Nothing was written.\n",
  });
  expect(files()).toEqual(before);

  const index = path.join(folder, "shared/tasks/index.ts");
  fs.writeFileSync(index, fs.readFileSync(index, "utf8").replace("taskTypes: [", "taskTypes: all, more: ["));
  expect(await add("email.check", "claim")).toMatchObject({ code: 1, stderr: expect.stringContaining("by hand") });
  expect(files()).toEqual(before);
});
