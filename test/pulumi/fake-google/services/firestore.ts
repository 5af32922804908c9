import { type Resource, fieldsOf, listOf, textOf } from "../call.ts";
import { type Service, collection, idInQuery, merge } from "../collection.ts";
import { Refusal } from "../refusal.ts";

const DATABASES = "projects/*/databases";
const databaseOf = (name: string): string => name.split("/").slice(0, 4).join("/");
const admin = (message: string) => ({ type: `google.firestore.admin.v1.${message}`, parentOf: databaseOf });

const databases = collection({
  product: "firestore",
  pattern: DATABASES,
  idOf: idInQuery("databaseId"),
  operation: admin("Database"),
  fill: ({ name, body }) => ({
    concurrencyMode: "PESSIMISTIC",
    appEngineIntegrationMode: "DISABLED",
    databaseEdition: "STANDARD",
    deleteProtectionState: "DELETE_PROTECTION_DISABLED",
    uid: `uid-of-${name}`,
    etag: "1",
    freeTier: true,
    ...body,
    versionRetentionPeriod:
      body["pointInTimeRecoveryEnablement"] === "POINT_IN_TIME_RECOVERY_ENABLED" ? "604800s" : "3600s",
  }),
  refuseDelete: ({ deleteProtectionState }) => {
    if (deleteProtectionState === "DELETE_PROTECTION_ENABLED")
      throw new Refusal(400, "FAILED_PRECONDITION", "The database has delete protection.");
  },
});

/** A query orders by `__name__` last, so an index ends with it (https://cloud.google.com/firestore/docs/query-data/index-overview). */
function withNameLast(fields: readonly Resource[]): readonly Resource[] {
  if (fields.some(({ fieldPath }) => fieldPath === "__name__")) return fields;
  return [...fields, { fieldPath: "__name__", order: fields.at(-1)?.["order"] ?? "ASCENDING" }];
}

const indexes = collection({
  product: "firestore",
  pattern: `${DATABASES}/*/collectionGroups/*/indexes`,
  operation: admin("Index"),
  fill: ({ body }) => ({
    queryScope: "COLLECTION",
    apiScope: "ANY_API",
    density: "SPARSE_ALL",
    state: "READY",
    ...body,
    fields: withNameLast(listOf(body["fields"])),
  }),
});

const backups = collection({ product: "firestore", pattern: `${DATABASES}/*/backupSchedules` });

/** A field is always there; one that was never changed has what its database has for all fields. */
const fields: Service = ({ product, name, method, verb, query, body }, world, end) => {
  if (product !== "firestore" || verb !== "" || !/\/collectionGroups\/[^/]+\/fields\/[^/]+$/.test(name))
    return undefined;
  const key = `${product}/${name}`;
  world.get(`${product}/${databaseOf(name)}`);
  if (method === "GET") return world.find(key) ?? described(name, {});
  if (method !== "PATCH") return undefined;
  const merged = merge({
    before: world.find(key) ?? {},
    body,
    mask: query.get("updateMask") ?? "indexConfig,ttlConfig",
  });
  const changed = world.put(key, described(name, merged));
  return world.operations.start({ product, parent: databaseOf(name), type: admin("Field").type }, changed, end);
};

/** Without indexes of its own, it tells whose it would have. */
function described(name: string, { indexConfig, ttlConfig }: Resource): Resource {
  const { indexes: own } = fieldsOf(indexConfig);
  const ancestorField = `${textOf(databaseOf(name))}/collectionGroups/__default__/fields/*`;
  return {
    name,
    indexConfig: { ...(own === undefined ? {} : { indexes: own }), ancestorField },
    ...(ttlConfig === undefined ? {} : { ttlConfig: { state: "ACTIVE" } }),
  };
}

export const firestore: readonly Service[] = [databases, indexes, backups, fields];
