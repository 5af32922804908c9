import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { COMPILE_CACHE } from "../../../services/local/compile-cache.ts";
import { portOf } from "../../../shared/http/listening-port.ts";
import { registry } from "../../../shared/tasks/index.ts";
import { temporaryFolder } from "../../harness/runtime/temporary-folder.ts";
import { setUpProducer } from "../../harness/producer/producer-harness.ts";

const run = promisify(execFile);
const MAIN = path.resolve(import.meta.dirname, "../../smoke/main.ts");

/** Runs the smoke test as a person does; returns its exit code and output. */
async function smoke(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const options = { env: { PATH: process.env["PATH"], ...COMPILE_CACHE, METADATA_SERVER_DETECTION: "none", ...env } };
  try {
    const { stdout, stderr } = await run(process.execPath, [MAIN, ...args], options);
    return { code: 0, stdout, stderr };
  } catch (error) {
    if (!(error instanceof Error && "stdout" in error && "stderr" in error && "code" in error)) throw error;
    return { code: error.code, stdout: String(error.stdout), stderr: String(error.stderr) };
  }
}

type Answer = readonly [status: number, body: string];

/** A server whose responses depend on a request's method, path and body. */
async function startAnswering(
  answer: (method: string, path: string, body: string, headers: http.IncomingHttpHeaders) => Answer,
): Promise<string> {
  const server = http.createServer((request, response) => {
    void text(request).then((received) => {
      const [status, body] = answer(request.method ?? "", request.url ?? "", received, request.headers);
      response.writeHead(status).end(body);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", () => resolve()));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${portOf(server)}`;
}

test("a fresh stack completes a canary of each kind, in each queue", async () => {
  const { code, stdout } = await smoke([]);

  expect(stdout).toMatch(/^canary\.claim +succeeded .+-default$/m);
  expect(stdout).toMatch(/^canary\.transaction +succeeded .+-critical$/m);
  expect(stdout).toMatch(/^canary\.natural +finished .+-bulk$/m);
  expect(stdout).toContain("3 done, 0 failed");
  expect(stdout).toMatch(/^database: not checked, since the emulator has no Firestore Admin API$/m);
  expect(code).toBe(0);
});

test("a worker that accepts no token fails it, with advice on what to check and set", async () => {
  const producer = await setUpProducer({
    registry,
    delivering: true,
    workerUrl: await startAnswering(() => [401, ""]),
  });

  const { code, stdout } = await smoke(["--url", producer.url, "--timeout", "6"]);

  expect(stdout).toMatch(
    /^canary\.claim +FAILED +waiting .+delivery_failed: UNAUTHENTICATED\(16\): HTTP status code 401/m,
  );
  expect(stdout).toContain("pulumi config set handoff:authMode platform");
  expect(stdout).toContain("0 done, 3 failed");
  expect(code).toBe(1);
});

test("a queue that delivers nothing fails it", async () => {
  const producer = await setUpProducer({ registry });

  const { code, stdout } = await smoke(["--url", producer.url, "--timeout", "1"]);

  expect(stdout).toContain("The queue has not delivered it");
  expect(code).toBe(1);
});

test("a producer that creates another task for the same key fails it", async () => {
  const url = await startAnswering((method, path, body) => {
    const id: string = method === "POST" ? JSON.parse(body).type : path.slice("/v1/tasks/".length);
    const state = id === "canary.natural" ? "finished" : "succeeded";
    return [method === "POST" ? 202 : 200, JSON.stringify({ id, state })];
  });

  const { code, stdout } = await smoke(["--url", url]);

  expect(stdout).toContain("POST /v1/tasks with the same key was answered 202");
  expect(stdout).toContain("0 done, 3 failed");
  expect(code).toBe(1);
});

test("a caller that is refused learns which setting admits callers", async () => {
  const { code, stdout } = await smoke(["--url", await startAnswering(() => [403, "Forbidden"])]);

  expect(stdout).toContain("POST /v1/tasks was answered 403: Forbidden");
  expect(stdout).toContain("handoff:callers");
  expect(code).toBe(1);
});

test("a token is never sent in clear text", async () => {
  const seen: (string | undefined)[] = [];
  const url = await startAnswering((_method, _path, _body, headers) => {
    seen.push(headers.authorization);
    return [403, "Forbidden"];
  });
  await smoke(["--url", url], { SMOKE_ID_TOKEN: "canary.canary.canary" });

  expect(seen.length).toBeGreaterThan(0);
  expect(seen.filter((authorization) => authorization !== undefined)).toEqual([]);
});

test("a deployed stack's database must be named, and no canary is sent before it is checked", async () => {
  const { code, stdout, stderr } = await smoke(["--url", "https://producer.example"], { SMOKE_ID_TOKEN: "a.b.c" });

  expect(stderr).toContain('--project PROJECT --database "$(pulumi stack output database)"');
  expect(stdout).toBe("");
  expect(code).toBe(1);
});

test("an invalid token is not printed", async () => {
  const { code, stderr } = await smoke(["--url", "https://producer.example"], { SMOKE_ID_TOKEN: "canary.x\ncanary" });

  expect(stderr).toContain("SMOKE_ID_TOKEN must be an identity token");
  expect(stderr).not.toContain("canary");
  expect(code).toBe(1);
});

test("a server that is not a producer is reported as such", async () => {
  const url = await startAnswering(() => [202, "<html>"]);
  const { code, stderr } = await smoke(["--url", url]);

  expect(stderr).toContain(`${url}/v1/tasks does not answer as a producer does.`);
  expect(code).toBe(1);
});

test("an interrupted run leaves nothing behind", async () => {
  const folder = temporaryFolder();
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env["PATH"], ...COMPILE_CACHE, METADATA_SERVER_DETECTION: "none", TMPDIR: folder },
    stdio: ["ignore", "pipe", "ignore"],
  });
  await once(child.stdout, "data");
  child.kill("SIGINT");
  await once(child, "close");

  expect(await fs.readdir(folder)).toEqual([]);
});

test.each([
  ["an address where nothing listens", ["--url", "http://127.0.0.1:9"], "Nothing answers at http://127.0.0.1:9."],
  ["a service without credentials", ["--url", "https://producer.example"], "SMOKE_ID_TOKEN=$(gcloud auth"],
  ["an address that is not a URL", ["--url", "producer"], "--url must be an http or https URL"],
  ["an invalid time", ["--timeout", "soon"], "--timeout must be a number of seconds"],
  ["a time that isn't in digits", ["--timeout", "1e1"], "--timeout must be a number of seconds"],
  ["a project without its database", ["--project", "p"], "--project and --database belong together"],
  ["a location without a database", ["--location", "eur3"], "--location needs both"],
  ["an unknown option", ["--uri", "x"], "--uri"],
])("%s is refused with an explanation", async (_, args, sentence) => {
  const { code, stderr } = await smoke(args, { HOME: "/nonexistent" });

  expect(stderr).toContain(sentence);
  expect(stderr).not.toContain("    at ");
  expect(code).toBe(1);
});
