import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
const MAX_RUN_MS = 180_000;

/** How an image of a target would be started. */
export interface BuiltStage {
  /** The folder that stands for the image's `/`. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly user: string;
}

interface Instruction {
  readonly word: string;
  readonly rest: string;
}

type Stage = { -readonly [Key in keyof BuiltStage]: BuiltStage[Key] } & { workdir: string };

/**
 * Carries out a Dockerfile in plain folders, as far as ours needs it: each stage's root is a folder, and its commands
 * run there without the environment that npm and the test runner add. A base image is a folder with the files that the
 * test puts there, so what is really in it is not tested. A stage's commands find its own programs first.
 *
 * @throws Error at an instruction that it doesn't know, and when a command fails.
 */
export async function buildStages(options: {
  readonly dockerfile: string;
  /** The files of the build context. */
  readonly context: string;
  /** What stands for the files of a base image that the Dockerfile uses: by image name, paths in it and files here. */
  readonly baseFiles: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly into: string;
}): Promise<ReadonlyMap<string, BuiltStage>> {
  const stages = new Map<string, Stage>();
  let stage: Stage | undefined;
  for (const { word, rest } of readInstructions(options.dockerfile)) {
    if (word === "FROM") {
      stage = await beginStage(rest, stages, options);
      continue;
    }
    if (!stage) throw new Error(`${word} stands before the first FROM.`);
    await apply({ word, rest }, stage, { stages, context: options.context });
  }
  return stages;
}

function readInstructions(dockerfile: string): Instruction[] {
  const lines = dockerfile.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return lines.map((line) => {
    const [word = "", ...rest] = line.split(" ");
    return { word, rest: rest.join(" ") };
  });
}

async function beginStage(
  rest: string,
  stages: Map<string, Stage>,
  { into, baseFiles }: Pick<Parameters<typeof buildStages>[0], "into" | "baseFiles">,
): Promise<Stage> {
  const [, base = "", name = ""] = /^(\S+) AS (\S+)$/.exec(rest) ?? [];
  const root = path.join(into, name);
  const parent = stages.get(base);
  await fs.mkdir(root, { recursive: true });
  if (parent) await fs.cp(parent.root, root, { recursive: true, verbatimSymlinks: true });
  for (const [place, file] of Object.entries(baseFiles.get(nameOf(base)) ?? {})) {
    await fs.cp(await fs.realpath(file), path.join(root, place), { recursive: true });
  }
  const stage: Stage = parent ? { ...parent, root } : { root, env: {}, entrypoint: [], user: "root", workdir: "/" };
  stages.set(name, stage);
  return stage;
}

/** An image's name without tag and digest. */
function nameOf(image: string): string {
  return image.replace(/@.*$/, "").replace(/:[^:/]*$/, "");
}

async function apply(
  { word, rest }: Instruction,
  stage: Stage,
  { stages, context }: { stages: ReadonlyMap<string, Stage>; context: string },
): Promise<void> {
  switch (word) {
    case "WORKDIR":
      stage.workdir = rest;
      await fs.mkdir(path.join(stage.root, rest), { recursive: true });
      return;
    case "COPY":
      return await copy(rest, stage, { stages, context });
    case "RUN":
      await run("sh", ["-c", rest], {
        cwd: path.join(stage.root, stage.workdir),
        env: builderEnv(stage.root),
        timeout: MAX_RUN_MS,
        maxBuffer: MAX_OUTPUT_BYTES,
      });
      return;
    case "ENV": {
      const [name = "", value = ""] = rest.split("=");
      stage.env = { ...stage.env, [name]: value };
      return;
    }
    case "USER":
      stage.user = rest;
      return;
    case "ENTRYPOINT":
      stage.entrypoint = readList(rest);
      return;
    case "EXPOSE":
      return;
    default:
      throw new Error(`The Dockerfile uses ${word}, which this test doesn't know.`);
  }
}

/** Network access depends on this machine; what was installed before comes from npm's cache. */
function builderEnv(root: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_ENV|NODE_OPTIONS|VITEST)/i.test(name));
  const searched = [path.join(root, "usr/local/bin"), process.env["PATH"]].join(path.delimiter);
  return { ...Object.fromEntries(kept), PATH: searched, npm_config_prefer_offline: "true" };
}

/** An entrypoint in exec form: the shell form would keep signals from the program. */
function readList(text: string): string[] {
  const list: unknown = JSON.parse(text);
  if (!Array.isArray(list)) throw new Error("An entrypoint is a list.");
  return list.map(String);
}

async function copy(
  rest: string,
  stage: Stage,
  { stages, context }: { stages: ReadonlyMap<string, Stage>; context: string },
): Promise<void> {
  const words = rest.split(" ");
  const from = words[0]?.startsWith("--from=") ? words.shift()?.slice("--from=".length) : undefined;
  const target = words.pop() ?? "";
  const sourceRoot = from === undefined ? context : stages.get(from)?.root;
  if (sourceRoot === undefined) throw new Error(`COPY --from=${from}: there is no such stage.`);
  for (const source of words) {
    const origin = path.join(sourceRoot, source);
    const place = path.join(stage.root, path.resolve(stage.workdir, target));
    const isFileIntoFolder = target.endsWith("/") && (await fs.stat(origin)).isFile();
    const to = isFileIntoFolder ? path.join(place, path.basename(source)) : place;
    await fs.mkdir(path.dirname(to), { recursive: true });
    await fs.cp(origin, to, { recursive: true });
  }
}

/**
 * Whether a .dockerignore lets a file into the build context: the last pattern that matches it or its folder decides.
 */
export function isSent(file: string, dockerignore: string): boolean {
  let sent = true;
  for (const line of dockerignore.split("\n").map((text) => text.trim())) {
    if (line === "" || line.startsWith("#")) continue;
    const pattern = line.replace(/^!/, "");
    if (fits(file, pattern)) sent = line.startsWith("!");
  }
  return sent;
}

/** A pattern matches a file if it matches the beginning of its path; a star stands for one name. */
function fits(file: string, pattern: string): boolean {
  const names = file.split("/");
  return pattern.split("/").every((part, index) => (part === "*" ? index < names.length : part === names[index]));
}
