import fs from "node:fs";
import { findPackageJSON } from "node:module";
import path from "node:path";
import protobuf from "protobufjs/light.js";

/** Protos as protobufjs keeps them in JSON. */
export type Namespace = protobuf.INamespace;

/**
 * Builds messages and services from the protos that a client ships.
 *
 * Only the named packages and messages are built, since building all of them would take most of an emulator's start-up
 * time.
 *
 * @param client.npmPackage for example `@google-cloud/tasks`.
 * @param amend changes all protos before the packages are taken from them.
 * @throws Error when the client is not installed, or its protos don't have a package.
 */
export function loadProtos(
  client: { npmPackage: string },
  packages: readonly string[],
  amend: (protos: Namespace) => void = () => {},
): protobuf.Root {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a file of the pinned client, made by protobufjs
  const json = JSON.parse(fs.readFileSync(protosFile(client.npmPackage), "utf8")) as Namespace;
  const kept: Namespace = { ...(json.options ? { options: json.options } : {}), nested: {} };
  amend(json);
  for (const name of packages) copyPackage(json, kept, name);
  return protobuf.Root.fromJSON(kept);
}

/** Loads something when it is first asked for, and keeps it. */
export function loadOnce<Loaded extends object>(load: () => Loaded): () => Loaded {
  let loaded: Loaded | undefined;
  return () => (loaded ??= load());
}

/** A build's copy beside its code, or else the file in the client's folder, which the client doesn't export. */
function protosFile(npmPackage: string): string {
  const copy = path.join(import.meta.dirname, "protos", `${npmPackage}.json`);
  return fs.existsSync(copy) ? copy : path.join(folderOf(npmPackage), "build/protos/protos.json");
}

function folderOf(npmPackage: string): string {
  try {
    const packageJson = findPackageJSON(npmPackage, import.meta.url);
    if (packageJson) return path.dirname(packageJson);
  } catch (cause) {
    throw new Error(`${npmPackage} is not installed; run npm ci.`, { cause });
  }
  throw new Error(`${npmPackage} has no package.json; run npm ci.`);
}

function copyPackage(from: Namespace, to: Namespace, name: string): void {
  const path = name.split(".");
  const last = path.pop() ?? name;
  let source = from;
  let target = to;
  for (const segment of path) {
    source = child(source, segment, name);
    target.nested ??= {};
    target = target.nested[segment] ??= { nested: {} };
  }
  target.nested ??= {};
  target.nested[last] = child(source, last, name);
}

/**
 * Finds a package, a message or a service by its full name.
 *
 * @throws Error when the protos don't have it.
 */
export function namespaceAt(protos: Namespace, name: string): Namespace {
  return name.split(".").reduce((inner, segment) => child(inner, segment, name), protos);
}

/** The methods of a service. */
export function serviceMethods(service: Namespace): Record<string, MethodJson> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- protobufjs has services and messages in one tree
  return (service as Namespace & { methods: Record<string, MethodJson> }).methods;
}

/** A method of a service in JSON. */
export interface MethodJson {
  requestType: string;
  responseType: string;
  parsedOptions?: unknown;
}

function child(namespace: Namespace, segment: string, wanted: string): Namespace {
  const found = namespace.nested?.[segment];
  if (!found) throw new Error(`The protos have no package ${wanted}.`);
  return found;
}
