import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import openapiTS, { astToString } from "openapi-typescript";
import { expect, it } from "vitest";
import { setUpProducer } from "../../../harness/producer/producer-harness.ts";
import { DESCRIBED_REGISTRY } from "../../../harness/registry/described-registry.ts";
import { temporaryFolder } from "../../../harness/runtime/temporary-folder.ts";

const ROOT = path.resolve(import.meta.dirname, "../../../..");
const run = promisify(execFile);

/** Each line below a directive has one error, so the types are there. */
const PROGRAM = `
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.ts";

type Task = components["schemas"]["Task"];
const folder: components["schemas"]["FolderTidyPayload"] = { name: "a", folders: [{ name: "b", folders: [] }] };

export async function use(baseUrl: string): Promise<{ ids: string[]; state: Task["state"] | undefined; codes: string[] }> {
  const client = createClient<paths>({ baseUrl });
  const parcel = await client.POST("/v1/tasks", {
    params: { header: { "Idempotency-Key": "parcel-1" } },
    body: { type: "parcel.send", payload: { to: { kind: "post", city: "Ulm" }, grams: 500 }, delaySeconds: 60 },
  });
  const call = await client.POST("/v1/tasks", {
    body: { type: "call.back", payload: { url: "https://example.com", data: { any: [1, null, { json: true }] } } },
  });
  const tidy = await client.POST("/v1/tasks", { body: { type: "folder.tidy", payload: folder } });
  const ids = [parcel, call, tidy].map(({ data }) => data?.id ?? "");
  const found = await client.GET("/v1/tasks/{id}", { params: { path: { id: ids[0] ?? "" }, query: { include: "payload" } } });
  const unknown = await client.GET("/v1/tasks/{id}", { params: { path: { id: "none" } } });
  const queues = await client.GET("/v1/queues");
  const depths: number[] = queues.data?.items.map(({ depth }) => depth) ?? [];
  const letters = await client.GET("/v1/dead-letters", { params: { query: { limit: 10, status: "open" } } });
  const cursor: string | undefined = letters.data?.nextCursor;
  return { ids: [...ids, ...(cursor ? [cursor] : [])], state: found.data?.state, codes: [unknown.error?.code ?? "", String(depths.length)] };
}

export function refuse(baseUrl: string): void {
  const client = createClient<paths>({ baseUrl });
  // @ts-expect-error -- no such path
  void client.GET("/v1/taks/{id}", { params: { path: { id: "a" } } });
  // @ts-expect-error -- no such method
  void client.DELETE("/v1/tasks");
  // @ts-expect-error -- no such type
  void client.POST("/v1/tasks", { body: { type: "parcel.eat", payload: {} } });
  // @ts-expect-error -- the payload of another type
  void client.POST("/v1/tasks", { body: { type: "parcel.send", payload: { again: true } } });
  // @ts-expect-error -- no payload
  void client.POST("/v1/tasks", { body: { type: "call-back" } });
  // @ts-expect-error -- an unknown field
  void client.POST("/v1/tasks", { body: { type: "call-back", payload: { again: true }, delay: 5 } });
  // @ts-expect-error -- no id
  void client.GET("/v1/tasks/{id}");
  // @ts-expect-error -- no such status
  void client.GET("/v1/dead-letters", { params: { query: { status: "closed" } } });
}
`;

const TSCONFIG = {
  compilerOptions: {
    target: "es2024",
    lib: ["es2024", "dom"],
    module: "nodenext",
    types: [],
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
  },
};

it("creates a client whose valid calls compile and work, and whose invalid calls don't compile", async () => {
  const producer = await setUpProducer({ registry: DESCRIBED_REGISTRY });
  const { text } = await producer.send("/openapi.json");
  const project = temporaryFolder();
  fs.symlinkSync(path.join(ROOT, "node_modules"), path.join(project, "node_modules"));
  fs.writeFileSync(path.join(project, "package.json"), '{"type":"module"}');
  fs.writeFileSync(path.join(project, "tsconfig.json"), JSON.stringify(TSCONFIG));
  fs.writeFileSync(path.join(project, "schema.ts"), astToString(await openapiTS(JSON.parse(text))));
  const program = path.join(project, "program.ts");
  fs.writeFileSync(program, PROGRAM);

  const compiled = await run(path.join(ROOT, "node_modules/.bin/tsc"), ["-p", "."], { cwd: project }).catch(
    ({ stdout }: { stdout: string }) => ({ stdout }),
  );
  expect(compiled.stdout).toBe("");
  const { use }: { use: (url: string) => Promise<unknown> } = await import(pathToFileURL(program).href);
  expect(await use(producer.url)).toEqual({
    ids: [expect.stringMatching(/-critical$/), expect.stringMatching(/-default$/), expect.stringMatching(/n-bulk$/)],
    state: "scheduled",
    codes: ["task-not-found", "3"],
  });
});
