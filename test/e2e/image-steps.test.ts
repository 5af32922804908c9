import { execFileSync } from "node:child_process";
import fsSync from "node:fs";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import vm from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { CODE_CACHE } from "../../tools/images/code-cache.ts";
import { type Program, programsOf } from "../../tools/images/programs.ts";
import { tryOut } from "../../tools/images/try-out.ts";
import { type BuiltStage, buildStages, isSent } from "./support/dockerfile.ts";
import { registry } from "../../shared/tasks/index.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const INSTALL_TIMEOUT_MS = 300_000;
/** The images' user; only root can run something as another user. */
const IMAGE_UID = 65_532;
const uid = process.getuid?.() === 0 ? IMAGE_UID : undefined;

let folder = "";
let stages: ReadonlyMap<string, BuiltStage> = new Map();

beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "handoff-image-"));
  await fs.chmod(folder, 0o755);
  const context = path.join(folder, "context");
  const dockerignore = await fs.readFile(path.join(ROOT, ".dockerignore"), "utf8");
  const tracked = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: ROOT, encoding: "utf8" });
  for (const file of tracked
    .trim()
    .split("\n")
    .filter((name) => isSent(name, dockerignore))) {
    await fs.cp(path.join(ROOT, file), path.join(context, file));
  }
  const dockerfile = await fs.readFile(path.join(ROOT, "Dockerfile"), "utf8");
  // The project's own Node stands for that of the official image, whose version it must have.
  const baseFiles = new Map([["node", { "usr/local/bin/node": process.execPath }]]);
  stages = await buildStages({ dockerfile, context, baseFiles, into: path.join(folder, "stages") });
  // Cloud Run lets a container write, but nothing here may need it to.
  execFileSync("chmod", ["-R", "a-w", path.join(folder, "stages")]);
}, INSTALL_TIMEOUT_MS);

afterAll(async () => {
  execFileSync("chmod", ["-R", "u+w", folder]);
  await fs.rm(folder, { recursive: true });
}, INSTALL_TIMEOUT_MS);

/** What an image of this target would run, with its paths moved into the folder that stands for its root. */
function imageOf({ name }: Program): { command: string[]; env: Record<string, string>; root: string } {
  const stage = stages.get(name);
  if (!stage) throw new Error(`The Dockerfile has no target ${name}.`);
  expect(stage.user).toBe(String(IMAGE_UID));
  const moved = (text: string): string => (text.startsWith("/app") ? path.join(stage.root, text) : text);
  const env = Object.entries(stage.env).map(([key, value]) => [key, moved(value)] as const);
  return { root: stage.root, command: stage.entrypoint.map(moved), env: Object.fromEntries(env) };
}

test.each(programsOf(registry))(
  "the image of $name starts, answers and stops as an unprivileged user without write access",
  async (program) => {
    const { root, command, env } = imageOf(program);
    // The image's addresses are meant for a container; here the programs listen on loopback.
    const loopback = { ...env, ...program.tryOutEnv };

    const shown = await tryOut(program, { command, cwd: root, env: loopback, ...(uid === undefined ? {} : { uid }) });

    expect(shown.listeningAfterMs).toBeGreaterThan(0);
  },
);

test.each(programsOf(registry))("the image of $name holds compiled code that its Node accepts", async (program) => {
  const { root } = imageOf(program);
  const folder = path.join(root, "app");
  const source = await fs.readFile(path.join(folder, "program.js"), "latin1");
  const cachedData = await fs.readFile(path.join(folder, CODE_CACHE));

  // The functions that the warm-up called are most of it: what is compiled on loading is a tenth of the source.
  expect(cachedData.length).toBeGreaterThan(source.length / 4);
  expect(new vm.Script(source, { cachedData }).cachedDataRejected).toBe(false);
});

test("an image holds Node, the bundle and its cache, and nothing of the project's sources", async () => {
  const root = stages.get("worker")?.root ?? "";
  const files = await fs.readdir(root, { recursive: true });
  const names = new Set(files.map((file) => file.split("/").slice(0, 2).join("/")));

  expect([...names].filter((name) => !name.endsWith(".js")).toSorted()).toEqual([
    "app",
    "app/bin",
    "app/message-classes",
    "app/package.json",
    "app/program.cache",
  ]);
  expect(files.filter((file) => file.endsWith(".ts"))).toEqual([]);
});

test("the producer's image holds what its page /docs loads, and no more of that package", async () => {
  const root = path.join(stages.get("producer")?.root ?? "", "app/node_modules");
  const found = await fs.readdir(root, { recursive: true });
  const page = await fs.readFile(path.join(ROOT, "services/producer/description/docs.ts"), "utf8");
  const files = ["swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"];

  const licences = ["LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"];
  const paths = ["package.json", ...files, ...licences].map((file) => `swagger-ui-dist/${file}`);
  expect(found.toSorted()).toEqual(["swagger-ui-dist", ...paths].toSorted());
  for (const file of files) expect(page).toContain(`"${file}"`);
});

test("the console's image holds what its pages load, built from the same sources", async () => {
  const assets = path.join(stages.get("console")?.root ?? "", "app/assets");
  const script = await fs.readFile(path.join(assets, "console.js"), "utf8");

  expect((await fs.readdir(assets)).toSorted()).toEqual(["console.css", "console.js", "icon.svg"]);
  // One minified file, which loads nothing else.
  expect(script.split("\n").length).toBeLessThan(20);
  expect(script).not.toMatch(/\b(?:import|require)\s*[({"']/);
});

const instructions = fsSync
  .readFileSync(path.join(ROOT, "Dockerfile"), "utf8")
  .split("\n")
  .filter((line) => /^[A-Z]+ /.test(line));
const lockfile = z.object({
  packages: z.record(z.string(), z.object({ integrity: z.string() }).partial()),
});
const manifestSchema = z.object({ optionalDependencies: z.record(z.string(), z.string()) });

async function readJson(name: string): Promise<unknown> {
  return JSON.parse(await fs.readFile(path.join(ROOT, name), "utf8"));
}

test("every base image is pinned by its digest", () => {
  const bases = instructions.flatMap((line) => /^FROM (\S+) AS /.exec(line)?.[1] ?? []);
  const external = bases.filter((base) => !stages.has(base));

  expect(external.length).toBeGreaterThan(1);
  expect(external.filter((base) => !/^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/.test(base))).toEqual([]);
});

test("images take Node from the official image, and that Node compiles the cache", () => {
  const [build = ""] = instructions;
  const ofNode = instructions.filter((line) => /^COPY .*\bbin\/node\b/.test(line));

  expect(build).toMatch(/^FROM node:[\w.-]+@sha256:\w+ AS build$/);
  expect(ofNode).toEqual(["COPY --from=build /usr/local/bin/node bin/node"]);
  // An npm script would find the Node of node_modules first.
  expect(instructions.filter((line) => /^RUN .*(npm (run|start|exec)|npx|node_modules)/.test(line))).toEqual([]);
});

test("the images' Node has the version of the one that the tests run on", async () => {
  const { optionalDependencies } = manifestSchema.parse(await readJson("package.json"));
  const ofTests = Object.entries(optionalDependencies).filter(([name]) => name.startsWith("node-"));
  const [, version] = /^FROM node:([\d.]+)-/.exec(instructions[0] ?? "") ?? [];

  expect(process.version).toBe(`v${version}`);
  expect(new Set(ofTests.map(([, wanted]) => wanted))).toEqual(new Set([version]));
});

test("npm ci runs no package's script, and checks the hash of every package, Node included", async () => {
  const { optionalDependencies } = manifestSchema.parse(await readJson("package.json"));
  const { packages } = lockfile.parse(await readJson("package-lock.json"));
  const downloaded = Object.entries(packages).filter(([name]) => name.startsWith("node_modules/"));
  const ours = new Set(["node_modules/handoff-client", "node_modules/handoff-emulators"]);

  expect(downloaded.filter(([name, { integrity }]) => !integrity && !ours.has(name)).map(([name]) => name)).toEqual([]);
  expect(Object.keys(optionalDependencies).filter((name) => !packages[`node_modules/${name}`]?.integrity)).toEqual([]);
  expect(await fs.readFile(path.join(ROOT, ".npmrc"), "utf8")).toMatch(/^ignore-scripts=true$/m);
  expect(instructions).toContain("RUN npm ci --omit=dev --ignore-scripts");
});

test("the build context contains what the Dockerfile copies, and no more", async () => {
  const dockerignore = await fs.readFile(path.join(ROOT, ".dockerignore"), "utf8");
  const sent = (file: string): boolean => isSent(file, dockerignore);

  expect(
    ["package-lock.json", "tsconfig.json", "shared/clock.ts", "services/worker/main.ts", "tools/images/main.ts"].filter(
      sent,
    ),
  ).toHaveLength(5);
  expect(
    [".git/config", "Pulumi.dev.yaml", "infra/index.ts", "test/a.ts", "node_modules/a", ".env"].filter(sent),
  ).toEqual([]);
});
