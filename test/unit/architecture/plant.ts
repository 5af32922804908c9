import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";

/** The checkout that the tests stand in. */
export const CHECKOUT = path.resolve(import.meta.dirname, "../../..");

/** How long a test may take, in milliseconds, that reads the whole project: seconds on an idle machine, far longer beside other tests. */
export const WHOLE_PROJECT_MS = 300_000;

/** A checkout's files, path → text; where the text begins with `link:`, a symbolic link to what follows. */
export type Files = Readonly<Record<string, string>>;

/** Plants a checkout with these files, and takes it away when the test has finished. */
export async function plant(files: Files): Promise<string> {
  const folder = await fs.mkdtemp(path.join(await fs.realpath(os.tmpdir()), "handoff-checkout-"));
  onTestFinished(() => fs.rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries({ "tsconfig.json": "{}", ...files })) {
    await fs.mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    const [, target] = /^link:(.*)$/.exec(text) ?? [];
    if (target === undefined) await fs.writeFile(path.join(folder, name), text);
    else await fs.symlink(target, path.join(folder, name));
  }
  return folder;
}

/** Plants a checkout that is compiled as ours is, with the packages that are installed here. */
export async function plantProgram(files: Files): Promise<string> {
  return await plant({
    ...files,
    "tsconfig.json": await fs.readFile(path.join(CHECKOUT, "tsconfig.json"), "utf8"),
    "package.json": JSON.stringify({ type: "module" }),
    node_modules: `link:${path.join(CHECKOUT, "node_modules")}`,
  });
}
