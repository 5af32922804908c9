import net from "node:net";
import * as z from "zod";
import type { HostAndPort } from "../../../../../shared/network/host-and-port.ts";
import {
  hostAndPortVariable,
  platformVariables,
  portVariable,
  readConfig,
} from "../../../../../shared/runtime/config.ts";
import { type Result, failed, ok } from "./finding.ts";

/** The variables of `npm start` that give the addresses of a stack on this machine, with the same defaults. */
export const laptopVariables = z.object({
  WORKER_PORT: portVariable.default(8081),
  CONSOLE_PORT: portVariable.default(8082),
  CLOUD_TASKS_EMULATOR_HOST: hostAndPortVariable.default({ host: "127.0.0.1", port: 8123 }),
  FIRESTORE_EMULATOR_HOST: hostAndPortVariable.default({ host: "127.0.0.1", port: 8090 }),
  FIRESTORE_DATABASE: platformVariables.FIRESTORE_DATABASE,
  COLLECTION_PREFIX: platformVariables.COLLECTION_PREFIX,
});

/** A stack on this machine. */
export type Laptop = z.output<typeof laptopVariables>;

/** The project of every stack on a laptop. */
export const LAPTOP_PROJECT = "handoff-local";

const CONNECT_TIMEOUT_MS = 2_000;

/** @throws ConfigError for a malformed variable. */
export function readLaptop(env: Readonly<Record<string, string | undefined>>): Laptop {
  return readConfig(laptopVariables, env);
}

/** Whether all of the stack's programs are listening. */
export async function checkPorts(producer: URL, laptop: Laptop): Promise<Result> {
  const programs: readonly (HostAndPort & { readonly name: string; readonly variable: string })[] = [
    { name: "producer", host: producer.hostname, port: portOf(producer), variable: "--url" },
    { name: "worker", host: "127.0.0.1", port: laptop.WORKER_PORT, variable: "WORKER_PORT" },
    { name: "Cloud Tasks", ...laptop.CLOUD_TASKS_EMULATOR_HOST, variable: "CLOUD_TASKS_EMULATOR_HOST" },
    { name: "Firestore", ...laptop.FIRESTORE_EMULATOR_HOST, variable: "FIRESTORE_EMULATOR_HOST" },
    { name: "console", host: "127.0.0.1", port: laptop.CONSOLE_PORT, variable: "CONSOLE_PORT" },
  ];
  const listening = await Promise.all(programs.map(isListening));
  const silent = programs.filter((_, at) => !listening[at]);
  if (silent.length === 0) return ok(programs.map(({ name, port }) => `${name} ${port}`).join(", "));
  const named = silent.map(({ name, port, variable }) => `${name} at ${port} (${variable})`).join(", ");
  return failed(`nothing listens for ${named}: run npm start, or set the variable to its address`);
}

function portOf({ port, protocol }: URL): number {
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}

async function isListening({ host, port }: HostAndPort): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = net.connect({ host: host.replace(/^\[(.*)\]$/, "$1"), port, timeout: CONNECT_TIMEOUT_MS });
    const end = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}
