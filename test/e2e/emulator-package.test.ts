import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { makeEmulatorPackage } from "../../tools/emulator-package/make-package.ts";
import { output } from "./support/terminal.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const EXAMPLE = path.join(ROOT, "packages/emulators/test/readme/example.test.ts");
const INSTALL_TIMEOUT_MS = 120_000;

/** Each line below a directive has one error, so the types are there. */
const TYPED = `
import { Firestore } from "@google-cloud/firestore";
import { CloudTasksClient } from "@google-cloud/tasks";
import { VirtualClock } from "handoff-emulators/clock";
import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import "handoff-emulators/vitest";
import { expect } from "vitest";

const clock = new VirtualClock();
const tasks = await startCloudTasksEmulator({ clock });
const firestore = await startFirestoreEmulator({ clock });
new CloudTasksClient(tasks.clientOptions());
new Firestore(firestore.clientOptions());
expect(tasks).not.toHaveRetried("task", { times: 1 });
// @ts-expect-error -- not a number
expect(tasks).toHaveRetried("task", { times: "once" });
// @ts-expect-error -- not a unit
void clock.advance("1 hour");
// @ts-expect-error -- not a fault
tasks.inject({ kind: "explosion" });
// @ts-expect-error -- not an option
void startFirestoreEmulator({ prot: 1 });
`;

/** Uses each part of the package on its own. */
const PARTS = `
import { VirtualClock } from "handoff-emulators/clock";
import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
const clock = new VirtualClock({ startMs: 0 });
const emulators = [await startCloudTasksEmulator({ clock }), await startFirestoreEmulator({ clock })];
await clock.advance("1h");
for (const { host, port } of emulators) console.log(await (await fetch(\`http://\${host}:\${port}/_emulator/health\`)).json());
await Promise.all(emulators.map((emulator) => emulator.stop()));
`;

const TSCONFIG = {
  compilerOptions: {
    module: "nodenext",
    target: "es2024",
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: ["node"],
  },
  files: ["example.test.ts", "typed.ts"],
};

let folder = "";
let built = "";
/** The project that installs the package, from one source and then from the other: the rest of its packages stays. */
let project = "";

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "handoff-package-"));
  // Placed like dist/: a linked package must find this project's dependencies, not those of its user.
  fs.symlinkSync(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"));
  built = path.join(folder, "built");
  await makeEmulatorPackage(built);
  project = newProject();
});

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** A separate project that tests with Google's clients, at our versions. */
function newProject(): string {
  const made = path.join(folder, "project");
  fs.mkdirSync(made);
  const { dependencies, devDependencies } = z
    .object({ dependencies: z.record(z.string(), z.string()), devDependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(fs.readFileSync(path.join(ROOT, "package.json"), "utf8")));
  const ours = { ...dependencies, ...devDependencies };
  const wanted = ["@google-cloud/tasks", "@google-cloud/firestore", "vitest", "@types/node"];
  const manifest = {
    type: "module",
    private: true,
    devDependencies: Object.fromEntries(wanted.map((each) => [each, ours[each]])),
  };
  fs.writeFileSync(path.join(made, "package.json"), JSON.stringify(manifest));
  fs.copyFileSync(EXAMPLE, path.join(made, "example.test.ts"));
  fs.writeFileSync(path.join(made, "typed.ts"), TYPED);
  fs.writeFileSync(path.join(made, "tsconfig.json"), JSON.stringify(TSCONFIG));
  return made;
}

let packed: Promise<string> | undefined;
/** The packed file, which is made once. */
const pack = async (): Promise<string> => {
  packed ??= output("npm", ["pack", built, "--silent"], folder);
  return path.join(folder, (await packed).trim());
};

test.each([
  { from: "its folder", isLink: true, source: async () => built },
  { from: "the packed file", isLink: false, source: pack },
])(
  "a project that installs the emulators from $from runs the README's example, and compiles",
  async ({ isLink, source }) => {
    const install = ["install", "--save-dev", "--prefer-offline", "--no-audit", "--no-fund", await source()];
    await output("npm", install, project);
    expect(fs.lstatSync(path.join(project, "node_modules/handoff-emulators")).isSymbolicLink()).toBe(isLink);

    // vitest's own limit of five seconds says something of the machine.
    expect(await output("npx", ["vitest", "run", "--testTimeout", "100000"], project)).toMatch(/Tests +1 passed/);
    expect(await output("npx", ["handoff-emulator", "--help"], project)).toContain("--virtual-clock");
    expect(await output(path.join(ROOT, "node_modules/.bin/tsc"), ["-p", "."], project)).toBe("");
  },
  INSTALL_TIMEOUT_MS,
);

test("the packed emulators run without any other package", async () => {
  const alone = fs.mkdtempSync(path.join(os.tmpdir(), "handoff-alone-"));
  onTestFinished(() => fs.rmSync(alone, { recursive: true, force: true }));
  fs.writeFileSync(path.join(alone, "package.json"), JSON.stringify({ type: "module" }));
  await output("npm", ["install", "--offline", "--no-audit", "--no-fund", await pack()], alone);

  const printed = await output("node", ["--input-type=module", "--eval", PARTS], alone);
  expect(printed).toMatch(/service: 'cloud-tasks',\s+nowMs: 3600000[^]+service: 'firestore',\s+nowMs: 3600000/);
});
