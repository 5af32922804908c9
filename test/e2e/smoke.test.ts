import { execFile } from "node:child_process";
import http from "node:http";
import path from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { portOf } from "../../shared/listening-port.ts";
import { startProducerBundle } from "../support/producer-bundle.ts";

const run = promisify(execFile);
const MAIN = path.resolve(import.meta.dirname, "../smoke/main.ts");

/** Runs the smoke test as a person does; its exit code and what it wrote. */
async function smoke(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const options = { env: { PATH: process.env["PATH"], METADATA_SERVER_DETECTION: "none", ...env } };
  try {
    const { stdout, stderr } = await run(process.execPath, [MAIN, ...args], options);
    return { code: 0, stdout, stderr };
  } catch (error) {
    if (!(error instanceof Error && "stdout" in error && "stderr" in error && "code" in error)) throw error;
    return { code: error.code, stdout: String(error.stdout), stderr: String(error.stderr) };
  }
}

/** A server that answers everything in one way. */
async function startAnswering(status: number, body = ""): Promise<string> {
  const server = http.createServer((request, response) => {
    request.resume();
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", () => resolve()));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${portOf(server)}`;
}

test("a canary of each kind is done by a stack of its own, in each queue", async () => {
  const { code, stdout } = await smoke([]);

  expect(stdout).toMatch(/^canary\.claim +succeeded .+-default$/m);
  expect(stdout).toMatch(/^canary\.transaction +succeeded .+-critical$/m);
  expect(stdout).toMatch(/^canary\.natural +finished .+-bulk$/m);
  expect(stdout).toContain("3 done, 0 failed");
  expect(code).toBe(0);
});

test("a worker that believes no token fails it, with what to look at and what to set", async () => {
  const bundle = await startProducerBundle({ delivering: true, workerUrl: await startAnswering(401) });

  const { code, stdout } = await smoke(["--url", bundle.url, "--timeout", "2"]);

  expect(stdout).toMatch(
    /^canary\.claim +FAILED +waiting .+delivery_failed: UNAUTHENTICATED\(16\): HTTP status code 401/m,
  );
  expect(stdout).toContain("pulumi config set handoff:authMode platform");
  expect(stdout).toContain("0 done, 3 failed");
  expect(code).toBe(1);
});

test("a queue that delivers nothing fails it", async () => {
  const bundle = await startProducerBundle();

  const { code, stdout } = await smoke(["--url", bundle.url, "--timeout", "1"]);

  expect(stdout).toContain("The queue has not delivered it");
  expect(code).toBe(1);
});

test("a caller that is not let in is told by whose leave it would be", async () => {
  const { code, stdout } = await smoke(["--url", await startAnswering(403, "Forbidden")]);

  expect(stdout).toContain("POST /v1/tasks was answered 403: Forbidden");
  expect(stdout).toContain("handoff:callers");
  expect(code).toBe(1);
});

test.each([
  ["an address where nothing listens", ["--url", "http://127.0.0.1:9"], "Nothing answers at http://127.0.0.1:9."],
  ["a service without credentials", ["--url", "https://producer.example"], "SMOKE_ID_TOKEN=$(gcloud auth"],
  ["an address of another kind", ["--url", "producer"], "--url must be an http or https URL"],
  ["a time that is none", ["--timeout", "soon"], "--timeout must be a number of seconds"],
  ["an option that there is not", ["--uri", "x"], "--uri"],
])("%s is answered with a sentence", async (_, args, sentence) => {
  const { code, stderr } = await smoke(args, { HOME: "/nonexistent" });

  expect(stderr).toContain(sentence);
  expect(stderr).not.toContain("    at ");
  expect(code).toBe(1);
});
