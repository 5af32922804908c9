import { createMiddleware } from "hono/factory";
import type { Console } from "../console.ts";
import { refusePerson } from "../access/refuse-person.ts";
import { barePage } from "../layout/bare-page.tsx";
import type { ConsoleEnv } from "./console-env.ts";
import { recoveryLink } from "./recovery-link.ts";

/** Finds out who sent the request, and what the producer allows them. Refuses it if that is unknown. */
export function identifyPerson({ identify, accessOf, assets }: Pick<Console, "identify" | "accessOf" | "assets">) {
  return createMiddleware<ConsoleEnv>(async (context, next) => {
    const identified = await identify(context.req.raw.headers);
    if (identified.kind !== "identified") {
      const { status, title, detail, reason } = refusePerson(identified);
      context.set("refusal", reason);
      return context.html(barePage({ title, detail, assets, on: recoveryLink(context, status) }), status);
    }
    const { api, reads } = accessOf(identified.email);
    context.set("api", api);
    context.set("reads", reads);
    context.set("person", await reads.me());
    return await next();
  });
}

/** After an action, pages must show what it has changed. */
export const forgetAfterActions = createMiddleware<ConsoleEnv>(async (context, next) => {
  await next();
  if (context.req.method === "POST") context.get("reads").forget();
});
