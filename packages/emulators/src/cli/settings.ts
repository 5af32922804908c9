import { parseArgs } from "node:util";
import type { QueueDefinition } from "../cloud-tasks/state/queue-definition.ts";
import { parseHostName } from "../guard/foreign-request.ts";
import { CONCURRENCY_MODES, type ConcurrencyMode } from "../firestore/transactions/concurrency.ts";
import { ConfigError } from "./config-error.ts";
import { LOG_LEVELS, type LogLevel } from "./log.ts";

export const USAGE = `handoff-emulator [OPTIONS]

Runs emulators of Cloud Tasks and Firestore on this machine until you press Ctrl-C. To point clients at them, set
  CLOUD_TASKS_EMULATOR_HOST=127.0.0.1:8123 FIRESTORE_EMULATOR_HOST=127.0.0.1:8090
The emulators read the same variables to decide where to listen. Options override them.

  --only NAME             run only this emulator: cloud-tasks or firestore
  --host HOST             listen on this address; default 127.0.0.1
  --port PORT             port of Cloud Tasks, for gRPC and REST; default 8123
  --firestore-port PORT   port of Firestore; default 8090
  --allow-host NAME       serve requests to this name, too; for names with a dot, and may be repeated. By default
                          only addresses, localhost and names without a dot are, to keep web pages out
  --queues FILE           create queues from App Engine's queue.yaml, or from JSON or YAML as
                          "gcloud tasks queues list --format=json" prints it
  --project ID            project of queues that FILE names without one; default emulated
  --location ID           location of queues that FILE names without one; default local
  --data DIR              store everything in this folder; default: nothing is stored
  --fresh                 discard what is stored in the folder
  --keep-all              keep every commit of Firestore there, and not only the latest version of each document
  --oidc-issuer URL       issuer of OIDC tokens; default https://accounts.google.com
  --virtual-clock         stop time until POST /_emulator/clock moves it
  --concurrency MODE      of Firestore's transactions: pessimistic or optimistic; default pessimistic
  --fault-seed NUMBER     decides when faults with a probability happen; default 1
  --help                  print this help

LOG_LEVEL is the lowest level to log; default info. ALLOW_HOST lists names for --allow-host, with commas. Both
emulators serve GET /_emulator/health. A request for any unknown path under /_emulator/ lists the others: clock,
faults, history, idle and reset.
`;

const NAMES = ["cloud-tasks", "firestore"] as const;

/** An emulator's name on the command line. */
export type EmulatorName = (typeof NAMES)[number];

interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** The settings from the command line and the environment. */
export interface StandaloneSettings {
  readonly emulators: readonly EmulatorName[];
  readonly addresses: Readonly<Record<EmulatorName, HostAndPort>>;
  readonly allowHosts: readonly string[];
  readonly queues: readonly QueueDefinition[];
  readonly project?: string;
  readonly location?: string;
  readonly dataDir?: string;
  readonly oidcIssuer?: string;
  readonly fresh: boolean;
  readonly keepAll: boolean;
  readonly virtualClock: boolean;
  readonly faultSeed?: number;
  readonly concurrency: ConcurrencyMode;
  readonly level: LogLevel;
}

const OPTIONS = {
  only: { type: "string" },
  host: { type: "string" },
  port: { type: "string" },
  "firestore-port": { type: "string" },
  "allow-host": { type: "string", multiple: true },
  queues: { type: "string" },
  project: { type: "string" },
  location: { type: "string" },
  data: { type: "string" },
  fresh: { type: "boolean", default: false },
  "keep-all": { type: "boolean", default: false },
  "virtual-clock": { type: "boolean", default: false },
  "fault-seed": { type: "string" },
  "oidc-issuer": { type: "string" },
  concurrency: { type: "string", default: "pessimistic" },
  help: { type: "boolean", default: false },
} as const;

/**
 * Parses the command line and the environment. Undefined when only help is wanted. It loads little code, since people
 * wait for an emulator to start.
 *
 * @throws ConfigError, or the error of parseArgs, with a message for people.
 */
export async function readSettings(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<StandaloneSettings | undefined> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  if (values.help) return undefined;
  const { only, host, queues, project, location, data } = values;
  return {
    emulators: only === undefined ? NAMES : [readName(only)],
    addresses: {
      "cloud-tasks": {
        ...addressIn(environment, "CLOUD_TASKS_EMULATOR_HOST", 8123),
        ...at(host, values.port, "--port"),
      },
      firestore: {
        ...addressIn(environment, "FIRESTORE_EMULATOR_HOST", 8090),
        ...at(host, values["firestore-port"], "--firestore-port"),
      },
    },
    allowHosts: [
      ...readNames(values["allow-host"] ?? [], "--allow-host"),
      ...readNames(listed(environment["ALLOW_HOST"]), "ALLOW_HOST"),
    ],
    queues: queues === undefined ? [] : (await import("./queue-file.ts")).readQueueFile(queues),
    ...(project === undefined ? {} : { project }),
    ...(location === undefined ? {} : { location }),
    ...(data === undefined ? {} : { dataDir: data }),
    ...readIssuer(values["oidc-issuer"]),
    fresh: values.fresh,
    keepAll: values["keep-all"],
    virtualClock: values["virtual-clock"],
    ...readSeed(values["fault-seed"]),
    concurrency: readMode(values.concurrency),
    level: readLevel(environment["LOG_LEVEL"]),
  };
}

function readName(only: string): EmulatorName {
  const name = NAMES.find((known) => known === only);
  if (name) return name;
  throw new ConfigError(`--only must be cloud-tasks or firestore, but is ${JSON.stringify(only)}.`);
}

function readMode(concurrency: string): ConcurrencyMode {
  const mode = CONCURRENCY_MODES.find((known) => known === concurrency);
  if (mode) return mode;
  throw new ConfigError(`--concurrency must be pessimistic or optimistic, but is ${JSON.stringify(concurrency)}.`);
}

/** The entries of a list with commas. */
function listed(text = ""): string[] {
  return text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

function readNames(names: readonly string[], from: string): readonly string[] {
  const wrong = names.find((name) => parseHostName(name) === undefined);
  if (wrong === undefined) return names;
  throw new ConfigError(`${from} must be the name of a host, without a port, but is ${JSON.stringify(wrong)}.`);
}

const DEFAULT_HOST = "127.0.0.1";

function addressIn(environment: NodeJS.ProcessEnv, variable: string, defaultPort: number): HostAndPort {
  const text = environment[variable];
  if (!text) return { host: DEFAULT_HOST, port: defaultPort };
  const [, ipv6, name = ipv6, digits = ""] = /^(?:\[([\da-f:.]+)\]|([^\s:/[\]]+)):(\d+)$/i.exec(text) ?? [];
  const port = parsePort(digits);
  if (name !== undefined && port !== undefined) return { host: name, port };
  throw new ConfigError(`${variable} must be host:port, for example 127.0.0.1:8123, but is ${JSON.stringify(text)}.`);
}

const HIGHEST_PORT = 65_535;

/** A TCP port in digits, where 0 means any free one; undefined when it is not a port. */
function parsePort(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= HIGHEST_PORT ? Number(text) : undefined;
}

function readLevel(text: string | undefined): LogLevel {
  if (!text) return "info";
  const level = LOG_LEVELS.find((known) => known === text);
  if (level) return level;
  throw new ConfigError(`LOG_LEVEL must be one of ${LOG_LEVELS.join(", ")}, but is ${JSON.stringify(text)}.`);
}

function at(host: string | undefined, port: string | undefined, option: string): Partial<HostAndPort> {
  const parsed = port === undefined ? undefined : parsePort(port);
  if (port !== undefined && parsed === undefined) {
    throw new ConfigError(`${option} must be a port, or 0 for any free one, but is ${JSON.stringify(port)}.`);
  }
  return { ...(host === undefined ? {} : { host }), ...(parsed === undefined ? {} : { port: parsed }) };
}

function readIssuer(issuer: string | undefined): { oidcIssuer?: string } {
  if (issuer === undefined) return {};
  if (/^https?:/i.test(issuer) && URL.canParse(issuer)) return { oidcIssuer: issuer };
  throw new ConfigError(`--oidc-issuer must be a URL of http:// or https://, but is ${JSON.stringify(issuer)}.`);
}

function readSeed(seed: string | undefined): { faultSeed?: number } {
  if (seed === undefined) return {};
  if (!/^\d{1,15}$/.test(seed)) throw new ConfigError(`--fault-seed must be a number, but is ${JSON.stringify(seed)}.`);
  return { faultSeed: Number(seed) };
}
