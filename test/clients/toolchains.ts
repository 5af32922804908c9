import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import path from "node:path";
import { text } from "node:stream/consumers";
import { PROJECT_DIR } from "../../tools/project-dir.ts";
import { PYTHON, missingModules } from "./python.ts";

/** Where examples are written: below the project, where Node finds its packages, and kept, as what they fetch is. */
const FOLDER = path.join(PROJECT_DIR, ".local/clients");

/** How examples in a language run. */
interface Toolchain {
  /** The name of an example's file. */
  readonly file: string;
  /** What else its folder has, by the files' names. */
  readonly beside?: (code: string) => Readonly<Record<string, string>>;
  /** Why an example can't run here; undefined if it can. */
  readonly lacks: (code: string) => Promise<string | undefined>;
  /** The shell's commands that run it. */
  readonly commands: string;
}

/** By the language that a code block names. */
export const TOOLCHAINS: ReadonlyMap<string, Toolchain> = new Map<string, Toolchain>([
  ["python", { file: "example.py", lacks: lacksModules, commands: `"${PYTHON}" example.py` }],
  ["js", { file: "example.mjs", lacks: () => Promise.resolve(undefined), commands: "node example.mjs" }],
  ["sh", { file: "example.sh", lacks: lacksPrograms, commands: "sh -eu example.sh" }],
  [
    "go",
    {
      file: "main.go",
      lacks: () => missing("go"),
      commands: "test -f go.mod || go mod init example; go mod tidy; go run .",
    },
  ],
  [
    "java",
    {
      file: "Example.java",
      beside: (code) => ({ "pom.xml": mavenProjectOf(code) }),
      lacks: () => missing("mvn"),
      commands:
        "mvn -q -B dependency:build-classpath -Dmdep.outputFile=classpath; " +
        'java -cp "$(cat classpath)" Example.java',
    },
  ],
]);

/** With the package that the example's first line names, as group, artifact and version. */
function mavenProjectOf(code: string): string {
  const [, group, artifact, version] = /^\/\/ (.+):(.+):(.+)$/m.exec(code) ?? [];
  const project = "<groupId>example</groupId><artifactId>example</artifactId><version>1</version>";
  const client = `<groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>`;
  const dependencies = `<dependencies><dependency>${client}</dependency></dependencies>`;
  return `<project><modelVersion>4.0.0</modelVersion>${project}${dependencies}</project>`;
}

async function lacksModules(code: string): Promise<string | undefined> {
  const modules = [...code.matchAll(/^(?:from|import) ([\w.]+)/gm)].map(([, module = ""]) => module);
  return await missingModules(modules);
}

async function lacksPrograms(code: string): Promise<string | undefined> {
  return code.includes("gcloud ") ? await missing("gcloud") : await missing("curl");
}

/** What to say if a program is not installed. */
export async function missing(program: string): Promise<string | undefined> {
  const { code } = await shell(`command -v ${program}`, { cwd: PROJECT_DIR, input: "" });
  return code === 0 ? undefined : `${program} is not installed`;
}

/** Runs an example. Returns what it prints if it fails, else undefined. `input` is its standard input. */
export async function runExample(
  { file, beside, commands }: Toolchain,
  { name, code, input }: { readonly name: string; readonly code: string; readonly input: string },
): Promise<string | undefined> {
  const cwd = path.join(FOLDER, name);
  await fs.mkdir(cwd, { recursive: true });
  for (const [written, content] of Object.entries({ ...beside?.(code), [file]: code })) {
    await fs.writeFile(path.join(cwd, written), content);
  }
  const ended = await shell(`set -e; ${commands}`, { cwd, input });
  return ended.code === 0 ? undefined : ended.printed;
}

/** What npm installs in the folder is found first. gcloud has a configuration of its own, in which nobody is signed in. */
export async function shell(script: string, { cwd, input }: { readonly cwd: string; readonly input: string }) {
  const child = spawn("sh", ["-c", `exec 2>&1; ${script}`], {
    cwd,
    env: {
      ...process.env,
      PATH: [path.join(FOLDER, "node_modules/.bin"), path.dirname(process.execPath), process.env["PATH"]].join(":"),
      CLOUDSDK_CONFIG: path.join(FOLDER, "gcloud"),
      CLOUDSDK_CORE_DISABLE_PROMPTS: "1",
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.on("error", () => undefined).end(input);
  const ended = once(child, "exit");
  const printed = await text(child.stdout);
  const [code]: unknown[] = await ended;
  return { code, printed };
}
