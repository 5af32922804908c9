import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { createMiddleware } from "hono/factory";
import type { ConsoleContext, ConsoleEnv } from "./console-env.ts";

const COOKIE = "handoff-notice";
/** How long a notice waits to be shown, in seconds. */
const MAX_AGE_SECONDS = 60;
/** In characters, each of which takes up to 9 of the 4,096 bytes that a cookie has. */
const LONGEST_NOTICE = 400;

/**
 * Ends an action: the browser goes to a page, which says what was done.
 *
 * @param to.page a path of the console. Never from the request.
 * @param to.did what was done, as a sentence.
 */
export function doneThen(context: ConsoleContext, to: { readonly page: string; readonly did: string }): Response {
  // A cut can leave half a character, which no cookie can have.
  const notice = to.did.slice(0, LONGEST_NOTICE).toWellFormed();
  setCookie(context, COOKIE, notice, { path: "/", httpOnly: true, sameSite: "Lax", maxAge: MAX_AGE_SECONDS });
  context.set("did", notice);
  return context.redirect(to.page, 303);
}

/** Takes what the last action did for the page that shows it. What refreshes itself leaves it to the page. */
export const takeNotice = createMiddleware<ConsoleEnv>(async (context, next) => {
  const isPage = context.req.method === "GET" && context.req.header("sec-fetch-mode") !== "cors";
  const notice = isPage ? getCookie(context, COOKIE) : undefined;
  // Whatever set the cookie, the page stays in sight.
  context.set("notice", notice?.slice(0, LONGEST_NOTICE));
  if (notice !== undefined) deleteCookie(context, COOKIE, { path: "/" });
  return await next();
});
