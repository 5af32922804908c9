import { type Resource, fieldsOf, listOf, textOf } from "../call.ts";
import { type Service, collection, idInBody, idInQuery } from "../collection.ts";

const monitored = (name: string, fill?: (body: Resource, made: string) => Resource, id?: string): Service =>
  collection({
    product: "monitoring",
    pattern: `projects/*/${name}`,
    ...(id === undefined ? {} : { idOf: ({ query }) => query.get(id) ?? `generated-${name.length}` }),
    ...(fill ? { fill: ({ body, name: made }) => fill(body, made) } : {}),
  });

/** https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies: conditions get names of their own. */
function alertPolicy(body: Resource, name: string): Resource {
  const conditions = listOf(body["conditions"]).map((one, index) => ({
    ...one,
    name: `${name}/conditions/${index + 1}`,
  }));
  return { enabled: true, ...body, conditions };
}

/** https://cloud.google.com/monitoring/api/ref_v3/rest */
export const monitoring: readonly Service[] = [
  monitored("alertPolicies", alertPolicy),
  monitored("notificationChannels", (body) => ({ enabled: true, ...body })),
  monitored("dashboards", (body) => ({ etag: "1", ...body })),
  monitored("services", (body, name) => ({ custom: {}, ...body, name: name })),
  monitored("services/*/serviceLevelObjectives"),
];

/** https://cloud.google.com/logging/docs/reference/v2/rest */
export const logging: readonly Service[] = [
  collection({
    product: "logging",
    pattern: "projects/*/metrics",
    idOf: ({ body }) => textOf(body["name"]),
    fill: ({ body, name }) => {
      const type = `logging.googleapis.com/user/${textOf(body["name"])}`;
      return {
        ...body,
        name: name.split("/metrics/")[1],
        metricDescriptor: { ...fieldsOf(body["metricDescriptor"]), type },
      };
    },
  }),
  collection({
    product: "logging",
    pattern: "projects/*/exclusions",
    idOf: idInBody("name"),
    fill: ({ body, name }) => ({ ...body, name: name.split("/").at(-1) }),
  }),
  collection({
    product: "logging",
    pattern: "projects/*/sinks",
    idOf: idInBody("name"),
    fill: ({ body, name, world }) => ({
      ...body,
      name: name.split("/").at(-1),
      writerIdentity: `serviceAccount:service-${world.project.number}@gcp-sa-logging.iam.gserviceaccount.com`,
    }),
  }),
  collection({
    product: "logging",
    pattern: "projects/*/locations/*/buckets",
    idOf: idInQuery("bucketId"),
    fill: ({ body }) => ({ lifecycleState: "ACTIVE", ...body }),
  }),
];
