import { execFileSync } from "node:child_process";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import extractDepcruiseOptions from "dependency-cruiser/config-utl/extract-depcruise-options";
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";
import { ALLOWED, BROKEN, type Broken } from "./boundary-cases.ts";
import { CHECKOUT, type Files, WHOLE_PROJECT_MS, plant } from "./plant.ts";

const options = await extractDepcruiseOptions(path.join(CHECKOUT, ".dependency-cruiser.mjs"));
const rules = z
  .array(z.object({ name: z.string(), from: z.object({ path: z.string().optional() }) }))
  .parse(options.ruleSet?.forbidden);

/** The folders that `npm run boundaries` cruises. */
const manifest = z
  .object({ scripts: z.object({ boundaries: z.string() }) })
  .parse(JSON.parse(fs.readFileSync(path.join(CHECKOUT, "package.json"), "utf8")));
const cruisedFolders = manifest.scripts.boundaries.split(" ").slice(3);

const sources = execFileSync("git", ["ls-files", "*.ts", "*.tsx"], { cwd: CHECKOUT, encoding: "utf8" })
  .trim()
  .split("\n")
  .filter((file) => fs.existsSync(path.join(CHECKOUT, file)));

/** Cruises the folders of a checkout by the rules that `npm run boundaries` holds. */
async function cruiseBy(baseDir: string, folders: string[]): Promise<ICruiseResult> {
  const { output } = await cruise(folders, { ...options, baseDir });
  if (typeof output === "string") throw new Error("The result was to be an object.");
  return output;
}

async function rulesBrokenIn(files: Files): Promise<string[]> {
  const { summary } = await cruiseBy(await plant(files), ["."]);
  return [...new Set(summary.violations.map(({ rule }) => rule.name))].toSorted();
}

test(
  "the rules cover every module of the project, and no module breaks them",
  { timeout: WHOLE_PROJECT_MS },
  async () => {
    const { summary, modules } = await cruiseBy(CHECKOUT, cruisedFolders);
    const seen = new Set(modules.map(({ source }) => source));

    expect(sources.length).toBeGreaterThan(500);
    expect(sources.filter((file) => !seen.has(file) && !/^[^/]+\.config\.ts$/.test(file))).toEqual([]);
    expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
  },
);

test("each module except tests belongs to one room, whose rule says what it may import", () => {
  const rooms = rules.filter(({ name }) => /-imports?-(only|nothing)-/.test(name) && !name.startsWith("only-"));
  const roomsOf = (file: string) => rooms.filter(({ from }) => new RegExp(from.path ?? "").test(file));
  const code = sources.filter((file) => !/^(test\/|packages\/[^/]+\/test\/|[^/]+$)/.test(file));

  expect(rooms.length).toBeGreaterThan(5);
  expect(code.filter((file) => roomsOf(file).length !== 1)).toEqual([]);
});

test("each rule has a case that breaks it", () => {
  const broken = BROKEN.flatMap(({ rules: names }) => names);
  expect([...new Set(broken)].toSorted()).toEqual(rules.map(({ name }) => name).toSorted());
});

test.each(BROKEN.map((broken): [string, Broken] => [broken.title, broken]))("%s is detected", async (_, broken) => {
  expect(await rulesBrokenIn(broken.files)).toEqual(broken.rules.toSorted());
});

test.each(ALLOWED)("$title breaks no rule", async ({ files }) => {
  expect(await rulesBrokenIn(files)).toEqual([]);
});
