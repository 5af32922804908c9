import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { makeEmulatorPackage } from "../../../../tools/emulator-package/make-package.ts";
import { temporaryFolder } from "../../../../test/harness/runtime/temporary-folder.ts";

const ROOT = path.resolve(import.meta.dirname, "../../../..");
const run = promisify(execFile);

/** Another project: TypeScript that uses the package with Google's clients. */
const CONSUMER = `
import { Firestore } from "@google-cloud/firestore";
import { CloudTasksClient } from "@google-cloud/tasks";
import { once } from "node:events";
import { createServer } from "node:http";
import { VirtualClock, formatTimeline, startCloudTasksEmulator, startFirestoreEmulator, taskMatchers } from "handoff-emulators";

const clock = new VirtualClock();
const tasks = await startCloudTasksEmulator({ clock, queues: [{ name: "mail", retryConfig: { minBackoff: "10s" } }] });
const firestore = await startFirestoreEmulator({ clock });
const client = new CloudTasksClient(tasks.clientOptions());
const db = new Firestore(firestore.clientOptions());

let answers = 0;
const worker = createServer((_, response) => void response.writeHead(answers++ === 0 ? 500 : 200).end());
worker.listen(0, "127.0.0.1");
await once(worker, "listening");
const address = worker.address();
if (address === null || typeof address === "string") throw new Error("no port");
const parent = "projects/emulated/locations/local/queues/mail";
const name = \`\${parent}/tasks/one\`;
await client.createTask({ parent, task: { name, httpRequest: { url: \`http://127.0.0.1:\${address.port}/\` } } });
await clock.advance("1h");
await db.doc("things/one").set({ attempts: tasks.history().length });

// The types are there: each of these lines has one error.
// @ts-expect-error -- no unit
void (() => clock.advance("1 hour"));
// @ts-expect-error -- no such fault
void (() => tasks.inject({ kind: "explosion" }));
// @ts-expect-error -- no such option
void (() => startFirestoreEmulator({ prot: 1 }));

const seen = (await db.doc("things/one").get()).data();
console.log(JSON.stringify({ seen, delivered: taskMatchers.toHaveBeenDelivered(tasks, name, { attempts: 2 }).pass }));
console.log(formatTimeline(tasks.history()));
await client.close();
await db.terminate();
await Promise.all([tasks.stop(), firestore.stop()]);
worker.close();
`;

const TSCONFIG = {
  compilerOptions: { module: "nodenext", target: "es2024", strict: true, skipLibCheck: true, types: ["node"] },
  files: ["main.mts"],
};

test("another project installs the packed emulators, compiles against their types, and uses them", async () => {
  const folder = temporaryFolder();
  const consumer = path.join(folder, "consumer");
  fs.mkdirSync(consumer);
  // Google's clients, which the other project would have installed itself.
  fs.symlinkSync(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"));
  const built = path.join(folder, "built");
  await makeEmulatorPackage(built);
  const { stdout: packed } = await run("npm", ["pack", built, "--silent"], { cwd: folder });
  fs.writeFileSync(path.join(consumer, "package.json"), JSON.stringify({ name: "consumer", type: "module" }));
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", path.join(folder, packed.trim())], {
    cwd: consumer,
  });
  fs.writeFileSync(path.join(consumer, "main.mts"), CONSUMER);
  fs.writeFileSync(path.join(consumer, "tsconfig.json"), JSON.stringify(TSCONFIG));

  const tsc = path.join(ROOT, "node_modules/.bin/tsc");
  await expect(run(tsc, ["-p", consumer])).resolves.toMatchObject({ stdout: "" });
  const env = { ...process.env, METADATA_SERVER_DETECTION: "none" };
  const { stdout } = await run(process.execPath, [path.join(consumer, "main.mjs")], { env });
  const [first, , ...timeline] = stdout.trim().split("\n");
  expect(JSON.parse(first ?? "")).toEqual({ seen: { attempts: 2 }, delivered: true });
  expect(timeline).toEqual([
    "    1  +0 s           500 after 0 s, again in 10 s",
    "    2  +10 s          200 after 0 s, done",
  ]);

  const help = await run(path.join(consumer, "node_modules/.bin/handoff-emulator"), ["--help"], {
    env: { ...env, PATH: `${path.dirname(process.execPath)}:${process.env["PATH"] ?? ""}` },
  });
  expect(help.stdout).toContain("--virtual-clock");
});
