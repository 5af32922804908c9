import { build } from "esbuild";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { registry } from "../../shared/tasks/index.ts";
import { localSecrets } from "../../tools/client-package/definitions.ts";
import { makeClientPackage } from "../../tools/client-package/make-package.ts";
import { setUpProducer } from "../harness/producer/producer-harness.ts";
import { temporaryFolder } from "../harness/runtime/temporary-folder.ts";
import { output } from "./support/terminal.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");

/** Compiled, and run. Each line below a directive has one error, so the types are there. */
const RIGHT = `
import { type Client, HandoffError, createClient } from "handoff-client";
import { claimCanary } from "handoff-client/tasks";

declare const process: { readonly argv: string[] };

const handoff: Client = createClient({ url: process.argv[2] ?? "" });
const payload = { sentAt: "2030-01-01T00:00:00Z" };
const byName = await handoff.enqueue("canary.claim", payload, { idempotencyKey: "k" });
const byDefinition = await handoff.enqueue(claimCanary, payload, { idempotencyKey: "k" });
const { state } = await handoff.get(byName.id);
const refused = await handoff.enqueue("canary.claim", { sentAt: "today" }).catch((error: unknown) => error);
const code = refused instanceof HandoffError ? refused.code : "none";
console.log(JSON.stringify({ isSame: byName.id === byDefinition.id, state, code }));

/** Compiled, and never called. */
export async function compiled(): Promise<void> {
  // @ts-expect-error -- not a time
  await handoff.enqueueMany([{ type: "canary.claim", payload: { sentAt: 7 } }]);
  // @ts-expect-error -- not an option
  await handoff.enqueue("canary.claim", payload, { delayMs: 1 });
}
`;

const WRONG = `
import { createClient } from "handoff-client";

const handoff = createClient({ url: "http://localhost" });
await handoff.enqueue("canary.claim", { sentAt: 7 });
await handoff.enqueue("canary.claims", { sentAt: "2030-01-01T00:00:00Z" });
await handoff.enqueue("canary.claim", { sentAt: "2030-01-01T00:00:00Z", sender: "me" });
`;

const TSCONFIG = {
  compilerOptions: { module: "nodenext", target: "es2024", strict: true, exactOptionalPropertyTypes: true, types: [] },
  files: ["right.ts", "wrong.ts"],
};

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "handoff-package-"));
const built = path.join(folder, "handoff-client");

beforeAll(() => makeClientPackage(registry, built));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** The packed files with an ending, by their names, with their texts. */
function packed(ending: string): Map<string, string> {
  const names = fs.readdirSync(built, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(ending));
  return new Map(names.map((name) => [name, fs.readFileSync(path.join(built, name), "utf8")]));
}

test("a project elsewhere installs the pack, compiles right calls and no wrong ones, and enqueues a task", async () => {
  const project = temporaryFolder();
  const file = (await output("npm", ["pack", built, "--silent"], project)).trim();
  fs.writeFileSync(path.join(project, "package.json"), JSON.stringify({ type: "module", private: true }));
  fs.writeFileSync(path.join(project, "right.ts"), RIGHT);
  fs.writeFileSync(path.join(project, "wrong.ts"), WRONG);
  fs.writeFileSync(path.join(project, "tsconfig.json"), JSON.stringify(TSCONFIG));
  await output("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", `./${file}`], project);

  const compiling = output(path.join(ROOT, "node_modules/.bin/tsc"), ["-p", ".", "--noEmit"], project);
  const message = String(await compiling.catch((error: unknown) => error));
  expect(message.match(/^\w+\.ts.*/gm)).toEqual([
    "wrong.ts(5,41): error TS2322: Type 'number' is not assignable to type 'string'.",
    expect.stringMatching(/^wrong\.ts\(6,23\): error TS2345: .*"canary\.claims".*"canary\.claim" \|/),
    "wrong.ts(7,73): error TS2353: Object literal may only specify known properties, and 'sender' does not exist in type '{ sentAt?: string | undefined; }'.",
  ]);

  const producer = await setUpProducer({ registry });
  const printed = await output("node", ["right.ts", producer.url], project);
  expect(JSON.parse(printed)).toEqual({ isSame: true, state: "queued", code: "invalid-request" });
  expect(await producer.queuedTasks("default")).toHaveLength(1);

  const status = ["node_modules/.bin/handoff", "types", "--url", producer.url];
  expect(await output("node", status, project)).toContain('"canary.claim"');
});

test("the pack has every task type, and neither handlers nor settings nor secrets", () => {
  const definitions = packed("tasks.js").get("tasks.js") ?? "";
  const types = packed(".d.ts").get("types/shared/tasks/index.d.ts") ?? "";
  const texts = [...packed(".js").values(), ...packed(".d.ts").values()].join("\n");

  for (const { type } of registry.listed) {
    expect(definitions).toContain(`"${type}"`);
    expect(types).toContain(`"${type}"`);
  }
  const left = [...registry.settings.keys(), ...localSecrets(registry)].filter((text) => texts.includes(text));
  expect(left).toEqual([]);
  expect([...packed(".ts").keys()].filter((name) => name.includes("handlers"))).toEqual([]);
});

test("the packed core, like its source, reaches no module of Node", async () => {
  const bundled = build({
    entryPoints: [path.join(built, "index.js")],
    bundle: true,
    platform: "neutral",
    external: ["google-auth-library"],
    write: false,
    logLevel: "silent",
  });
  await expect(bundled).resolves.toMatchObject({ errors: [] });
});
