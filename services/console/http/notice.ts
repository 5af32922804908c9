import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { createMiddleware } from "hono/factory";
import type { ConsoleContext, ConsoleEnv } from "./console-env.ts";

const COOKIE = "handoff-notice";
/** How long a notice waits to be shown, in seconds. */
const MAX_AGE_SECONDS = 60;
/** A cookie has 4 KiB. */
const LONGEST_NOTICE = 600;

/**
 * Ends an action: the browser goes to a page, which says what was done.
 *
 * @param to.page a path of the console. Never from the request.
 * @param to.did what was done, as a sentence.
 */
export function doneThen(context: ConsoleContext, to: { readonly page: string; readonly did: string }): Response {
  const notice = to.did.slice(0, LONGEST_NOTICE);
  setCookie(context, COOKIE, notice, { path: "/", httpOnly: true, sameSite: "Lax", maxAge: MAX_AGE_SECONDS });
  context.set("did", notice);
  return context.redirect(to.page, 303);
}

/** Takes what the last action did for the page that shows it. What refreshes itself leaves it to the page. */
export const takeNotice = createMiddleware<ConsoleEnv>(async (context, next) => {
  const isPage = context.req.method === "GET" && context.req.header("sec-fetch-mode") !== "cors";
  const notice = isPage ? getCookie(context, COOKIE) : undefined;
  context.set("notice", notice);
  if (notice !== undefined) deleteCookie(context, COOKIE, { path: "/" });
  return await next();
});
