import { fieldsOf } from "../call.ts";
import { type Service, collection, idInQuery, lastOf } from "../collection.ts";

const STATES: Readonly<Record<string, string>> = { enable: "ENABLED", disable: "DISABLED", destroy: "DESTROYED" };

/** Secrets and versions are named by the project's number, however they are asked for. */
const secrets = collection({
  product: "secrets",
  pattern: "projects/*/secrets",
  idOf: idInQuery("secretId"),
  fill: ({ name, body, world }) => ({ etag: "1", ...body, name: name.replace(world.project.id, world.project.number) }),
});

/** https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions */
const versions: Service = ({ product, name, method, verb, body }, world) => {
  if (product !== "secrets") return undefined;
  const key = `${product}/${name}`;
  if (verb === "addVersion") {
    world.get(key);
    const id = `versions/${world.list(`${key}/versions`).length + 1}`;
    const named = `${name}/${id}`.replace(world.project.id, world.project.number);
    world.put(`payloads/${name}/${id}`, fieldsOf(body["payload"]));
    return world.create(`${key}/${id}`, {
      name: named,
      state: "ENABLED",
      etag: "1",
      clientSpecifiedPayloadChecksum: true,
    });
  }
  if (!/\/versions\/[^/]+$/.test(name)) return undefined;
  if (verb === "access") return { name: world.get(key)["name"], payload: world.get(`payloads/${name}`) };
  if (verb in STATES) return world.put(key, { ...world.get(key), state: STATES[verb] });
  return method === "GET" && lastOf(name) !== "" ? world.get(key) : undefined;
};

export const secretManager: readonly Service[] = [secrets, versions];
