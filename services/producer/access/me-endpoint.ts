import { type OpenAPIHono, type RouteConfig, createRoute, z } from "@hono/zod-openapi";
import { ROLES } from "../../../shared/auth/access.ts";
import { jsonContent } from "../http/openapi.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import { accessResponses } from "./refusals.ts";
import { ACTIONS, actionsOf } from "./rules.ts";

const meSchema = z
  .object({
    email: z.string().openapi({
      description: "The account's e-mail address. Without tokens, on a developer's machine, it is `local`.",
    }),
    role: z.enum(ROLES),
    types: z.array(z.string()).optional().openapi({
      description: "The task types that it may create: types, or beginnings of types with `.*`. Missing: every type.",
    }),
    actions: z.array(z.enum(ACTIONS)).openapi({
      description: "What its role may do. A caller may read, cancel and run only the tasks that it created.",
    }),
  })
  .openapi("Me");

const EXAMPLE = {
  email: "shop@my-project-123.iam.gserviceaccount.com",
  role: "caller",
  types: ["webhook.*", "receipt.send"],
  actions: ["create tasks", "read tasks", "cancel tasks", "run tasks", "relay tasks", "read own access"],
};

const responses: RouteConfig["responses"] = {
  ...accessResponses,
  200: jsonContent("The account and its role.", meSchema, EXAMPLE),
};

const route = createRoute({
  method: "get",
  path: "/v1/me",
  operationId: "getMe",
  tags: ["service"],
  summary: "Get your identity, your role and what you may do",
  description: "Every account that can be identified may call it. It reads only the request's token.",
  responses,
});

/** Adds `GET /v1/me`. */
export function addMe(app: OpenAPIHono<ProducerEnv>): void {
  app.openapi(route, (context) => {
    const caller = context.get("caller");
    const { email, role, types } = caller;
    return Response.json({ email, role, ...(types === undefined ? {} : { types }), actions: actionsOf(caller) });
  });
}
