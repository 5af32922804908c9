import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { createMiddleware } from "hono/factory";
import type { ConsoleContext, ConsoleEnv } from "./console-env.ts";

const COOKIE = "handoff-notice";
/** How long a notice may wait to be shown, in seconds. */
const MAX_AGE_SECONDS = 60;
/** In characters, each of which takes up to 9 of a cookie's 4,096 bytes. */
const LONGEST_NOTICE = 400;

/**
 * Ends an action by redirecting the browser to a page that says what was done.
 *
 * @param to.page a path of the console, never taken from the request.
 * @param to.did what was done, as a sentence.
 */
export function doneThen(context: ConsoleContext, to: { readonly page: string; readonly did: string }): Response {
  // A cut can leave a lone surrogate, which a cookie can't contain.
  const notice = to.did.slice(0, LONGEST_NOTICE).toWellFormed();
  setCookie(context, COOKIE, notice, { path: "/", httpOnly: true, sameSite: "Lax", maxAge: MAX_AGE_SECONDS });
  context.set("did", notice);
  return context.redirect(to.page, 303);
}

/** Takes the last action's notice for the page that shows it. Refreshes by the script leave it for that page. */
export const takeNotice = createMiddleware<ConsoleEnv>(async (context, next) => {
  const isPage = context.req.method === "GET" && context.req.header("sec-fetch-mode") !== "cors";
  const notice = isPage ? getCookie(context, COOKIE) : undefined;
  // Cut again, since something else may have set the cookie.
  context.set("notice", notice?.slice(0, LONGEST_NOTICE));
  if (notice !== undefined) deleteCookie(context, COOKIE, { path: "/" });
  return await next();
});
