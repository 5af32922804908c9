import { type Resource, textOf } from "../call.ts";
import { type Service, lastOf, merge } from "../collection.ts";
import { ETAG } from "../world.ts";

const COLLECTION = /^projects\/[^/]+\/(?:global|regions\/[^/]+)\/(?:networks|subnetworks|addresses|routers)$/;

/** Of an address that is for documentation (https://www.rfc-editor.org/rfc/rfc5737). */
const ADDRESS = "203.0.113.7";

const DONE = { kind: "compute#operation", status: "DONE", progress: 100 };
const OPERATIONS: Readonly<Record<string, string>> = {
  POST: "insert",
  PATCH: "patch",
  PUT: "update",
  DELETE: "delete",
};

/**
 * Compute's API answers with operations of its own kind, which name what they are about by links
 * (https://cloud.google.com/compute/docs/reference/rest/v1/globalOperations). A NAT is a part of its router.
 */
const resources: Service = ({ product, name, method, body, query }, world) => {
  if (product !== "compute" || name.includes("/operations")) return undefined;
  const linkTo = (path: string): string => `https://www.googleapis.com/compute/v1/${path}`;
  const place = /^projects\/[^/]+\/regions\/[^/]+/.exec(name)?.[0];
  const region = place === undefined ? {} : { region: linkTo(place) };
  const done = (target: string): Resource => {
    const operation = `${place ?? `projects/${world.project.id}/global`}/operations/operation-${world.nextId()}`;
    const links = { selfLink: linkTo(operation), targetLink: linkTo(target) };
    return { ...DONE, ...region, ...links, name: lastOf(operation), operationType: OPERATIONS[method] ?? "" };
  };
  if (COLLECTION.test(name) && method === "POST") {
    const made = `${name}/${textOf(body["name"])}`;
    const address = name.endsWith("/addresses") ? { address: ADDRESS, status: "RESERVED" } : {};
    world.create(`compute/${made}`, {
      ...address,
      ...body,
      ...region,
      id: world.nextId(),
      selfLink: linkTo(made),
      fingerprint: ETAG,
    });
    return done(made);
  }
  if (!COLLECTION.test(name.slice(0, -lastOf(name).length - 1))) return undefined;
  const key = `compute/${name}`;
  if (method === "GET") return world.get(key);
  if (method === "PATCH" || method === "PUT") {
    world.put(key, merge({ before: world.get(key), body, mask: query.get("updateMask") ?? "" }));
    return done(name);
  }
  if (method !== "DELETE") return undefined;
  world.delete(key);
  return done(name);
};

/** All of them are done at once. */
const operations: Service = ({ product, name }) =>
  product === "compute" && name.includes("/operations/")
    ? { ...DONE, name: lastOf(name), operationType: "insert" }
    : undefined;

export const compute: readonly Service[] = [resources, operations];
