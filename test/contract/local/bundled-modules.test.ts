import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import * as z from "zod";
import { USE_BUNDLED, bundledFolder } from "../../../services/local/dependencies/bundled.ts";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";

/** Runs a module in the project's folder, with Node's options; returns what it prints as JSON. */
async function printedBy(source: string, options: readonly string[]): Promise<unknown> {
  const args = [...options, "--input-type=module", "--eval", source];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: PROJECT_DIR });
  return JSON.parse(stdout);
}

const folder = bundledFolder() ?? "";
const modules = z
  .record(z.string(), z.string())
  .parse(JSON.parse(fs.readFileSync(path.join(folder, "modules.json"), "utf8")));

test("each bundled module has the exports of the installed one", async () => {
  const names = Object.keys(modules);
  const exportsOf = `
    const names = ${JSON.stringify(names)};
    const found = {};
    for (const name of names) found[name] = Object.keys(await import(name)).toSorted();
    console.log(JSON.stringify(found));`;
  const installed = await printedBy(exportsOf, []);

  expect(names).toContain("@google-cloud/firestore");
  expect(await printedBy(exportsOf, USE_BUNDLED)).toEqual(installed);
});

test("there is one copy of a module, however it is loaded", async () => {
  const source = `
    import { createRequire } from "node:module";
    import { Firestore } from "@google-cloud/firestore";
    import pino from "pino";
    const require = createRequire(import.meta.url);
    const bundled = await import(${JSON.stringify(pathToFileURL(path.join(folder, modules["@google-cloud/firestore"] ?? "")).href)});
    console.log(JSON.stringify([
      require("@google-cloud/firestore").Firestore === Firestore,
      (await import("@google-cloud/firestore")).default.Firestore === Firestore,
      bundled.Firestore === Firestore,
      require("pino") === pino,
      typeof require("pino"),
    ]));`;

  expect(await printedBy(source, USE_BUNDLED)).toEqual([true, true, true, true, "function"]);
});
