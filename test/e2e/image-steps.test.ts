import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CACHE_FOLDER } from "../../tools/images/compile-cache.ts";
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
  stages = await buildStages({ dockerfile, context, into: path.join(folder, "stages") });
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

test.each(programsOf(registry))(
  "the image of $name starts from the compile cache that was built in",
  async (program) => {
    const { root, command, env } = imageOf(program);
    const [executable = "", ...args] = command;
    const child = spawn(executable, args, {
      cwd: root,
      env: { ...env, ...program.tryOutEnv, NODE_DEBUG_NATIVE: "COMPILE_CACHE" },
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    let output = "";
    const closed = new Promise((resolve) => child.once("close", resolve));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        if (output.includes('"message":"listening"')) child.kill("SIGTERM");
      });
    }
    await closed;

    expect(output).toContain(CACHE_FOLDER);
    expect(output).toMatch(/V8 code cache for ESM .*main\.js was accepted/);
  },
);

test("an image holds Node, the bundle and its cache, and nothing of the project's sources", async () => {
  const root = stages.get("worker")?.root ?? "";
  const files = await fs.readdir(root, { recursive: true });
  const names = new Set(files.map((file) => file.split("/").slice(0, 2).join("/")));

  expect([...names].filter((name) => !name.endsWith(".js")).toSorted()).toEqual([
    "app",
    "app/bin",
    "app/compile-cache",
    "app/package.json",
  ]);
  expect(files.filter((file) => file.endsWith(".ts"))).toEqual([]);
});

test("the build context contains what the Dockerfile copies, and no more", async () => {
  const dockerignore = await fs.readFile(path.join(ROOT, ".dockerignore"), "utf8");
  const sent = (file: string): boolean => isSent(file, dockerignore);

  expect(
    ["package-lock.json", "shared/clock.ts", "services/worker/main.ts", "tools/images/main.ts"].filter(sent),
  ).toHaveLength(4);
  expect(
    [".git/config", "Pulumi.dev.yaml", "infra/index.ts", "test/a.ts", "node_modules/a", ".env"].filter(sent),
  ).toEqual([]);
});
