import { fieldsOf, textOf } from "../call.ts";
import { type Service, collection, idInBody, idInQuery, lastOf, merge } from "../collection.ts";
import { invalid } from "../refusal.ts";
import { ETAG } from "../world.ts";

const ACCOUNTS = /^projects\/([^/]+)\/serviceAccounts$/;

/** https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts */
const accounts: Service = ({ product, name, method, verb, body }, world) => {
  if (product !== "iam" || verb !== "") return undefined;
  const [, project] = ACCOUNTS.exec(name) ?? [];
  if (project !== undefined && method === "POST") {
    const id = textOf(body["accountId"]);
    if (!/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/.test(id)) throw invalid(`${id} is no id of an account.`);
    return world.addAccount(id, fieldsOf(body["serviceAccount"]));
  }
  if (project !== undefined) return { accounts: world.list(`iam/${name}`) };
  if (!name.includes("/serviceAccounts/")) return undefined;
  const key = `iam/${name}`;
  if (method === "GET") return world.get(key);
  if (method === "PATCH") {
    const changed = {
      before: world.get(key),
      body: fieldsOf(body["serviceAccount"]),
      mask: textOf(body["updateMask"]),
    };
    return world.put(key, merge(changed));
  }
  if (method !== "DELETE") return undefined;
  world.delete(key);
  return {};
};

/** A deleted role keeps its id for a while (https://cloud.google.com/iam/docs/creating-custom-roles#deleting-custom-role). */
const roles: Service = ({ product, name, method, verb, body, query }, world) => {
  if (product !== "iam" || !/^projects\/[^/]+\/roles(\/|$)/.test(name)) return undefined;
  const key = `iam/${name}`;
  if (verb === "undelete") {
    const { deleted: _, ...restored } = world.get(key);
    return world.put(key, restored);
  }
  if (method === "POST" && name.endsWith("/roles")) {
    const made = `${name}/${textOf(body["roleId"])}`;
    return world.create(`iam/${made}`, { stage: "GA", etag: ETAG, ...fieldsOf(body["role"]), name: made });
  }
  if (method === "GET") return world.get(key);
  if (method === "PATCH")
    return world.put(key, merge({ before: world.get(key), body, mask: query.get("updateMask") ?? "" }));
  return method === "DELETE" ? world.put(key, { ...world.get(key), deleted: true }) : undefined;
};

const pool = (name: string): string => name.split("/").slice(0, 6).join("/");
const POOLS = "projects/*/locations/*/workloadIdentityPools";

/** https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools */
const pools: readonly Service[] = [
  collection({
    product: "iam",
    pattern: POOLS,
    idOf: idInQuery("workloadIdentityPoolId"),
    operation: { type: "google.iam.v1.WorkloadIdentityPool", parentOf: pool },
    fill: ({ body, name, world }) => ({
      state: "ACTIVE",
      ...body,
      name: name.replace(world.project.id, world.project.number),
    }),
  }),
  collection({
    product: "iam",
    pattern: `${POOLS}/*/providers`,
    idOf: idInQuery("workloadIdentityPoolProviderId"),
    operation: { type: "google.iam.v1.WorkloadIdentityPoolProvider", parentOf: pool },
    fill: ({ body, name, world }) => ({
      state: "ACTIVE",
      ...body,
      name: name.replace(world.project.id, world.project.number),
    }),
  }),
];

/** https://cloud.google.com/kms/docs/reference/rest: neither can be deleted. */
const keys: readonly Service[] = [
  collection({ product: "kms", pattern: "projects/*/locations/*/keyRings", idOf: idInQuery("keyRingId") }),
  collection({
    product: "kms",
    pattern: "projects/*/locations/*/keyRings/*/cryptoKeys",
    idOf: idInQuery("cryptoKeyId"),
  }),
];

/** https://cloud.google.com/storage/docs/json_api/v1/buckets */
const buckets = collection({
  product: "storage",
  pattern: "b",
  idOf: idInBody("name"),
  fill: ({ body, name }) => ({
    kind: "storage#bucket",
    storageClass: "STANDARD",
    ...body,
    id: lastOf(name),
    name: lastOf(name),
  }),
});

export const iam: readonly Service[] = [accounts, roles, ...pools, ...keys, buckets];
