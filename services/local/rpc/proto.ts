import protobuf from "protobufjs/light.js";

type Namespace = protobuf.INamespace;

/**
 * Builds the messages and services of the named packages from a client's protos.json.
 *
 * Only what is named is built, since building everything is most of an emulator's start-up time.
 *
 * @throws Error when a package is not in the file.
 */
export function loadProtos(json: Namespace, packages: readonly string[]): protobuf.Root {
  const kept: Namespace = { ...(json.options ? { options: json.options } : {}), nested: {} };
  for (const name of packages) copyPackage(json, kept, name);
  return protobuf.Root.fromJSON(kept);
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

function child(namespace: Namespace, segment: string, wanted: string): Namespace {
  const found = namespace.nested?.[segment];
  if (!found) throw new Error(`The protos have no package ${wanted}.`);
  return found;
}
