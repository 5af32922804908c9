import { fieldsOf } from "../call.ts";
import { type Service, collection, idInBody, idInQuery, parentOf } from "../collection.ts";

/** https://cloud.google.com/eventarc/docs/reference/rest/v1/projects.locations.triggers: a topic is made for its transport. */
export const eventarc: readonly Service[] = [
  collection({
    product: "eventarc",
    pattern: "projects/*/locations/*/triggers",
    idOf: idInQuery("triggerId"),
    operation: { type: "google.cloud.eventarc.v1.Trigger", parentOf },
    fill: ({ name, body }) => ({ uid: `uid-of-${name}`, etag: "1", ...body }),
  }),
];

/** https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs */
export const cloudScheduler: readonly Service[] = [
  collection({
    product: "scheduler",
    pattern: "projects/*/locations/*/jobs",
    idOf: idInBody("name"),
    fill: ({ body }) => ({ state: "ENABLED", attemptDeadline: "180s", ...body }),
  }),
];

/** https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.repositories */
export const artifactRegistry: readonly Service[] = [
  collection({
    product: "artifacts",
    pattern: "projects/*/locations/*/repositories",
    // The provider spells it as in the API's definition, gcloud as in JSON.
    idOf: ({ query }) => query.get("repository_id") ?? query.get("repositoryId") ?? "",
    operation: { type: "google.devtools.artifactregistry.v1.Repository", parentOf },
    fill: ({ body }) => ({ mode: "STANDARD_REPOSITORY", ...body }),
  }),
];

/** https://cloud.google.com/billing/docs/reference/budget/rest */
export const billing: readonly Service[] = [
  collection({
    product: "billing",
    pattern: "billingAccounts/*/budgets",
    fill: ({ body }) => ({
      etag: "1",
      ...body,
      budgetFilter: { creditTypesTreatment: "INCLUDE_ALL_CREDITS", ...fieldsOf(body["budgetFilter"]) },
    }),
  }),
];
