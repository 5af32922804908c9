import { text } from "node:stream/consumers";
import { type Endpoint, endpointPublicKey, endpointSecret } from "../../shared/auth/endpoint-keys.ts";
import { readMasters } from "../../shared/auth/webhook-masters.ts";
import { schemaProblems } from "../../shared/http/schema-problems.ts";
import { ConfigError } from "../../shared/runtime/config-error.ts";
import { deliverWebhook } from "../../shared/tasks/webhook-deliver.ts";
import { readOptions } from "../read-options.ts";

const VARIABLE = "WEBHOOK_SIGNING_SECRET";

const USAGE = `Prints what a subscriber verifies its webhooks with; of two master secrets, the newest one's first.

  npm run -s webhook:secret -- --url URL            a subscriber that is known by its URL
  npm run -s webhook:secret -- --endpoint ID        one that tasks name by endpointId

  --public    the public key for Ed25519 (whpk_…), not the secret for HMAC (whsec_…)
  --local     from the made-up secret of npm start

The master secret comes from ${VARIABLE} or standard input. Never pass it as an argument, which other programs can see.
`;

const OPTIONS = {
  url: { type: "string" },
  endpoint: { type: "string" },
  public: { type: "boolean" },
  local: { type: "boolean" },
  help: { type: "boolean" },
} as const;

/** The endpoint, if a payload could specify it that way. */
function endpointFrom({ url, endpoint }: { url?: string; endpoint?: string }): Endpoint {
  if ((url === undefined) === (endpoint === undefined)) throw new ConfigError(`Name a URL or an endpoint.\n\n${USAGE}`);
  const named: Endpoint = { url: url ?? "https://example.com/", endpointId: endpoint };
  const { error } = deliverWebhook.payload.safeParse({ ...named, event: "any", data: null });
  const [problem] = schemaProblems(error, { value: named });
  if (problem) throw new ConfigError(`The ${url === undefined ? "endpoint" : "URL"} ${problem.message}.`);
  return named;
}

async function readMasterText(isLocal: boolean): Promise<string> {
  if (isLocal) return deliverWebhook.settings.WEBHOOK_SIGNING_SECRET.local ?? "";
  const set = process.env[VARIABLE];
  if (set !== undefined && set !== "") return set;
  if (process.stdin.isTTY) throw new ConfigError(`Set ${VARIABLE}, or pipe the master secret in.\n\n${USAGE}`);
  return (await text(process.stdin)).trim();
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), OPTIONS, USAGE);
  if (options.help === true) return void process.stdout.write(USAGE);
  const endpoint = endpointFrom(options);
  const read = readMasters(await readMasterText(options.local === true));
  if (!read.ok) throw new ConfigError(`${VARIABLE}: ${read.problem}.`);
  const present = options.public === true ? endpointPublicKey : endpointSecret;
  process.stdout.write(read.masters.map((master) => `${present(master, endpoint)}\n`).join(""));
}

try {
  await main();
} catch (error) {
  process.stderr.write(error instanceof ConfigError ? `${error.message}\n` : "The secret could not be looked up.\n");
  process.exitCode = 1;
}
