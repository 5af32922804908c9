import { type Resource, fieldsOf } from "../call.ts";
import { type Collection, type Service, collection, idInQuery, lastOf, parentOf } from "../collection.ts";
import type { World } from "../world.ts";

/** The regions of Cloud Run that tests use. */
const REGIONS = ["europe-west1", "europe-west4", "us-central1"];

const described = {
  product: "run",
  pattern: "projects/*/locations/*/services",
  idOf: idInQuery("serviceId"),
  operation: { type: "google.cloud.run.v2.Service", parentOf },
  fill: ({ name, body, before, world }) => deployed({ name, body, before, world }),
} as const satisfies Collection;

/** https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services#Service */
function deployed({
  name,
  body,
  before,
  world,
}: {
  name: string;
  body: Resource;
  before: Resource;
  world: World;
}): Resource {
  const generation = String(Number(before["generation"] ?? 0) + 1);
  const uri = `https://${lastOf(name)}-${world.project.number}.${name.split("/")[3] ?? ""}.run.app`;
  const revision = `${name}/revisions/${lastOf(name)}-${generation.padStart(5, "0")}-abc`;
  const latest = [{ type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 100 }];
  return {
    launchStage: "GA",
    ingress: "INGRESS_TRAFFIC_ALL",
    traffic: latest,
    scaling: {},
    ...body,
    generation,
    observedGeneration: generation,
    etag: `"${generation}"`,
    uid: `uid-of-${name}`,
    template: { timeout: "300s", ...fieldsOf(body["template"]) },
    uri,
    urls: [uri],
    latestReadyRevision: revision,
    latestCreatedRevision: revision,
    trafficStatuses: latest,
    terminalCondition: { type: "Ready", state: "CONDITION_SUCCEEDED" },
    conditions: ["RoutesReady", "ConfigurationsReady"].map((type) => ({ type, state: "CONDITION_SUCCEEDED" })),
  };
}

const standard = collection(described);

/** An operation that fails leaves the service behind, with a revision that doesn't work. */
const services: Service = (call, world, end) => {
  const answer = standard(call, world, end);
  if (!answer || !end.error || call.method === "DELETE") return answer;
  const name = call.method === "POST" ? `${call.name}/${described.idOf(call)}` : call.name;
  const failed = { type: "Ready", state: "CONDITION_FAILED", message: end.error.message };
  const { latestReadyRevision: _, ...broken } = world.get(`run/${name}`);
  world.put(`run/${name}`, {
    ...broken,
    terminalCondition: failed,
    conditions: [{ ...failed, type: "ConfigurationsReady" }],
  });
  return answer;
};

const locations: Service = ({ product, name, method }) =>
  product === "run" && method === "GET" && /^projects\/[^/]+\/locations$/.test(name)
    ? { locations: REGIONS.map((locationId) => ({ locationId, name: `${name}/${locationId}` })) }
    : undefined;

export const cloudRun: readonly Service[] = [services, locations];
