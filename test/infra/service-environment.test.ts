import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { PROJECT_DIR } from "../../infra/preview/run-program.ts";
import { runExample, the, variablesOf } from "./support/graph.ts";

const SECRET = "whsec_c2VjcmV0LXRoYXQtb25seS10aGUtdGVzdC1rbm93cw==";

/** Starts a service as Cloud Run does, with these variables; answers with its lines up to the one that says it listens. */
async function linesUntilListening(service: string, variables: Readonly<Record<string, string>>): Promise<string[]> {
  const program = path.join(PROJECT_DIR, "services", service, "main.ts");
  const child = spawn(process.execPath, [program], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...variables, K_SERVICE: service, PORT: "0", HOST: "127.0.0.1" },
  });
  const ended = once(child, "close");
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  const lines: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => lines.push(text));
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    if (line.includes('"message":"listening"')) break;
  }
  return lines;
}

test.each(["dev", "production"] as const)(
  "with %s settings each service starts with the variables it is given",
  async (kind) => {
    const run = await runExample(kind, "update");
    for (const name of ["worker", "producer"]) {
      const service = the(run.resources, "gcp:cloudrunv2/service:Service", name);
      const secrets: Record<string, string> = name === "worker" ? { WEBHOOK_SIGNING_SECRET: SECRET } : {};
      const lines = await linesUntilListening(name, { ...Object.fromEntries(variablesOf(service)), ...secrets });

      expect(lines.join("\n")).toContain('"message":"listening"');
    }
  },
);

test("without the secret that infra mounts the worker does not start", async () => {
  const run = await runExample("dev", "update");
  const service = the(run.resources, "gcp:cloudrunv2/service:Service", "worker");

  const lines = await linesUntilListening("worker", Object.fromEntries(variablesOf(service)));

  expect(lines.join("\n")).toContain("WEBHOOK_SIGNING_SECRET: is not set");
});
