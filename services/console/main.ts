import path from "node:path";
import * as z from "zod";
import { createClient } from "../../packages/client/src/create-client.ts";
import { guardVariables } from "../../shared/http/guard.ts";
import { serveHttp } from "../../shared/http/server.ts";
import { systemClock } from "../../shared/runtime/clock.ts";
import { logLevelVariable, portVariable, readConfig } from "../../shared/runtime/config.ts";
import { createLogger } from "../../shared/runtime/log.ts";
import { type RunningProgram, runProgram } from "../../shared/runtime/program.ts";
import { identityOf, identityVariables } from "./access/identity-variables.ts";
import { createConsoleApp } from "./app.tsx";
import { readAssets } from "./assets.ts";
import { refuseWithPage } from "./http/refuse-with-page.ts";
import { producerTokens } from "./producer-tokens.ts";
import { createPeople } from "./reading/people.ts";

const configSchema = z.object({
  ...guardVariables,
  ...identityVariables,
  PORT: portVariable.default(8080),
  HOST: z.string().default("0.0.0.0"),
  LOG_LEVEL: logLevelVariable,
  /** The producer's address. */
  PRODUCER_URL: z.url(),
  /** The audience of tokens for the producer. Default: its address. */
  PRODUCER_AUDIENCE: z.string().min(1).optional(),
  /** The folder of the script and the style sheet. Default: beside the program. */
  ASSETS_DIR: z.string().default(path.join(import.meta.dirname, "assets")),
});

/** A person is waiting for the page, so a call is retried once, soon. */
const RETRY = { tries: 2, totalMs: 8_000 };

/** How long requests in progress may take after SIGTERM, in milliseconds. */
const DRAIN_MS = 8_000;

async function start(): Promise<RunningProgram> {
  const config = readConfig(configSchema, process.env);
  const { PRODUCER_URL: url, PRODUCER_AUDIENCE: audience, CONSOLE_IDENTITY: identity } = config;
  const log = createLogger({ service: "console", level: config.LOG_LEVEL });
  const isLocal = identity === "local";
  const auth = isLocal ? null : producerTokens(audience);
  const apiFor = (email: string) =>
    createClient({ url, auth, retry: RETRY, ...(isLocal ? {} : { onBehalfOf: email }) });
  const assets = await readAssets(config.ASSETS_DIR);
  const app = createConsoleApp({
    identify: identityOf(config, { clock: systemClock, log }),
    accessOf: createPeople(apiFor, systemClock),
    assets,
    clock: systemClock,
    log,
    // Without IAP, people use a proxy on their own machines.
    isSecure: identity === "iap",
    allowedHosts: config.K_SERVICE === undefined ? config.ALLOW_HOST : undefined,
    producerUrl: url,
  });
  const server = await serveHttp({
    fetch: (request) => app.fetch(request),
    port: config.PORT,
    host: config.HOST,
    refuse: refuseWithPage(assets),
  });
  log.info({ port: server.port }, "listening");
  return {
    log,
    async stop() {
      await server.close({ cutOffMs: DRAIN_MS, onRefusing: () => log.info({}, "stopping") });
      log.info({}, "stopped");
    },
  };
}

void runProgram({ start, portVariable: "PORT" });
