import { build } from "esbuild";
import fs from "node:fs/promises";
import path from "node:path";
import { registry } from "../../../shared/tasks/index.ts";
import { startLocalStack } from "../../smoke/local-stack.ts";
import type { PartResult } from "../part.ts";
import { withScratch } from "../scratch.ts";
import { missing, shell } from "../toolchains.ts";

/** How a runtime runs a bundle called main.js. */
interface Runtime {
  /** What the bundle does besides importing `check`. */
  readonly main: string;
  readonly command: string;
  /** What else its folder has, by the files' names. */
  readonly beside?: Readonly<Record<string, string>>;
}

const SCRIPT = "await check();";

/** The stack listens on loopback, which workerd lets nobody reach unless it is told to. */
const WORKERD_CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "main.js", esModule = embed "main.js")],
      compatibilityDate = "2026-01-01",
    )),
    (name = "internet", network = (allow = ["local"])),
  ],
);
`;

/** The runtimes by their programs' names. */
export const RUNTIMES: ReadonlyMap<string, Runtime> = new Map<string, Runtime>([
  ["node", { main: SCRIPT, command: "node main.js" }],
  ["bun", { main: SCRIPT, command: "bun main.js" }],
  ["deno", { main: SCRIPT, command: "deno run --quiet --no-config --allow-net main.js" }],
  [
    "workerd",
    {
      main: "export default { test: check };",
      command: "workerd test config.capnp",
      beside: { "config.capnp": WORKERD_CONFIG },
    },
  ],
]);

/** Runs our client in a runtime, against the whole stack. */
export async function runClient(name: string): Promise<PartResult> {
  const runtime = RUNTIMES.get(name);
  if (!runtime) throw new Error(`There is no runtime ${name}.`);
  const why = await missing(name);
  if (why !== undefined) return { kind: "skipped", why };
  const stack = await startLocalStack(registry);
  try {
    const ended = await withScratch(async (folder) => {
      await bundleFor(runtime, { url: stack.url, folder });
      return await shell(`set -e; ${runtime.command}`, { cwd: folder, input: "" });
    });
    if (ended.code !== 0) process.stderr.write(ended.printed);
    const outcome = ended.code === 0 ? "passed" : "failed";
    return { kind: "ran", ours: new Map([[`enqueue, wait and be refused in ${name}`, outcome]]) };
  } finally {
    await stack.stop();
  }
}

async function bundleFor(
  { main, beside = {} }: Runtime,
  { url, folder }: { url: string; folder: string },
): Promise<void> {
  await build({
    stdin: { contents: `import { check } from "./check.ts";\n${main}\n`, resolveDir: import.meta.dirname },
    outfile: path.join(folder, "main.js"),
    bundle: true,
    platform: "neutral",
    format: "esm",
    external: ["google-auth-library"],
    define: { PRODUCER_URL: JSON.stringify(url) },
    logLevel: "silent",
  });
  const files = { "package.json": JSON.stringify({ type: "module" }), ...beside };
  for (const [file, text] of Object.entries(files)) await fs.writeFile(path.join(folder, file), text);
}
