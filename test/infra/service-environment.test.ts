import path from "node:path";
import { expect, test } from "vitest";
import { PROJECT_DIR } from "../../tools/project-dir.ts";
import { runUntilListening } from "../harness/runtime/run-until-listening.ts";
import { runExample, the, variablesOf } from "./support/graph.ts";

const SECRET = "whsec_c2VjcmV0LXRoYXQtb25seS10aGUtdGVzdC1rbm93cw==";

/** Starts a service as Cloud Run does, with these variables; answers with what it wrote until it listened or ended. */
async function start(service: string, variables: Readonly<Record<string, string>>): Promise<string> {
  const program = path.join(PROJECT_DIR, "services", service, "main.ts");
  const { text } = await runUntilListening([program], {
    ...variables,
    K_SERVICE: service,
    PORT: "0",
    HOST: "127.0.0.1",
  });
  return text;
}

test.each(["dev", "production"] as const)(
  "with %s settings each service starts with the variables it is given",
  async (kind) => {
    const run = await runExample(kind, "update");
    for (const name of ["worker", "producer"]) {
      const service = the(run.resources, "gcp:cloudrunv2/service:Service", name);
      const secrets: Record<string, string> = name === "worker" ? { WEBHOOK_SIGNING_SECRET: SECRET } : {};
      const text = await start(name, { ...Object.fromEntries(variablesOf(service)), ...secrets });

      expect(text).toContain('"message":"listening"');
    }
  },
);

test("without the secret that infra mounts the worker does not start", async () => {
  const run = await runExample("dev", "update");
  const service = the(run.resources, "gcp:cloudrunv2/service:Service", "worker");

  const text = await start("worker", Object.fromEntries(variablesOf(service)));

  expect(text).toContain("WEBHOOK_SIGNING_SECRET: is not set");
});
