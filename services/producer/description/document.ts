import type { OpenAPIHono } from "@hono/zod-openapi";
import * as z from "zod";
import { ON_BEHALF_OF } from "../../../shared/http/on-behalf-of.ts";
import type { TaskTypes } from "../../../shared/contract/registry.ts";
import { NAME, SHARED_RESPONSES, problemSchema } from "../http/openapi.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import { componentsOf, referenceTo } from "./components.ts";
import { taskSchemas } from "./task-schemas.ts";

const DESCRIPTION = `Accepts background work and responds at once. Tasks are delivered at least once and deduplicated.

Every endpoint under /v1 needs a Google identity token, which Cloud Run checks before a request gets here. Locally nobody
needs one.

What is refused is answered with problem JSON (RFC 9457), whose code stays the same. A path that doesn't exist is answered
with 404, and a method that a path doesn't have with 405 and the header Allow.`;

const TOKEN = "A Google identity token whose audience is the service's URL. Cloud Run checks it";

const SECURITY_SCHEMES = {
  identityToken: {
    type: "http" as const,
    scheme: "bearer",
    bearerFormat: "JWT",
    description: `${TOKEN}, and the service checks it again.`,
  },
  serverlessIdentityToken: {
    type: "apiKey" as const,
    in: "header" as const,
    name: "X-Serverless-Authorization",
    description:
      `Bearer and the token: for callers whose Authorization header has another use. ${TOKEN}. ` +
      "If a request has both headers, this one counts.",
  },
  onBehalfOf: {
    type: "apiKey" as const,
    in: "header" as const,
    name: ON_BEHALF_OF,
    description:
      "The e-mail address of an operator or a viewer, whose role then applies. Only Handoff's console may send it, with its own " +
      "token; anybody else gets 403. Locally it has no effect.",
  },
};

const FRAME = {
  openapi: "3.1.0",
  info: { title: "Handoff", version: "1", description: DESCRIPTION },
  servers: [{ url: "/", description: "The service that serves this document." }],
  security: [
    { identityToken: [] },
    { serverlessIdentityToken: [] },
    { identityToken: [], onBehalfOf: [] },
    { serverlessIdentityToken: [], onBehalfOf: [] },
  ],
  tags: [
    { name: "tasks", description: "Enqueue tasks, follow them and cancel them." },
    { name: "queues", description: "The queues that tasks wait in, and their rates." },
    { name: "schedules", description: "Tasks that are enqueued at set times." },
    { name: "dead-letters", description: "Tasks that won't be tried again." },
    { name: "outbox", description: "Tasks that an application has committed with its own data." },
    { name: "service", description: "The service itself." },
  ],
};

/** The OpenAPI 3.1 document, as JSON, of all endpoints that the app has so far. */
export function describeApi(app: OpenAPIHono<ProducerEnv>, types: TaskTypes): string {
  const { openAPIRegistry: registry } = app;
  registry.register("Problem", problemSchema);
  for (const [name, schema] of Object.entries(taskSchemas(types))) registry.registerComponent("schemas", name, schema);
  for (const [name, response] of Object.entries(SHARED_RESPONSES)) {
    registry.registerComponent("responses", name, response);
  }
  for (const [name, scheme] of Object.entries(SECURITY_SCHEMES)) {
    registry.registerComponent("securitySchemes", name, scheme);
  }
  const { components, ...document } = app.getOpenAPI31Document(FRAME);
  const bodies: Record<string, object> = {};
  const withoutSchemas = JSON.stringify(document, (_key, value: unknown) => {
    const body = namedBody.safeParse(value).data;
    if (!body) return value;
    const { [NAME]: name, ...schema } = body;
    Object.assign(bodies, componentsOf(name, schema));
    return { $ref: referenceTo(name) };
  });
  const schemas = { ...components?.schemas, ...bodies };
  return JSON.stringify({ ...JSON.parse(withoutSchemas), components: { ...components, schemas } });
}

/** The result of `jsonBody`. */
const namedBody = z.looseObject({ [NAME]: z.string() });
