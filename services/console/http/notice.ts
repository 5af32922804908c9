import { createMiddleware } from "hono/factory";
import type { Console } from "../console.ts";
import type { ConsoleContext, ConsoleEnv } from "./console-env.ts";
import { ownCookie } from "./own-cookie.ts";

const COOKIE = "handoff-notice";
/** How long a notice may wait to be shown, in seconds. */
const MAX_AGE_SECONDS = 60;
/** In characters, each of which takes up to 9 of a cookie's 4,096 bytes. */
const MAX_NOTICE_LENGTH = 400;

/**
 * Ends an action by redirecting the browser to a page that says what was done.
 *
 * @param to.page a path of the console, never taken from the request.
 * @param to.did what was done, as a sentence.
 */
export function redirectWithNotice(
  context: ConsoleContext,
  to: { readonly page: string; readonly did: string },
): Response {
  // A cut can leave a lone surrogate, which a cookie can't contain.
  const notice = to.did.slice(0, MAX_NOTICE_LENGTH).toWellFormed();
  context.get("noticeCookie").write(context, notice, MAX_AGE_SECONDS);
  context.set("did", notice);
  return context.redirect(to.page, 303);
}

/** Takes the last action's notice for the page that shows it. Parts that refresh themselves leave it to the page. */
export function consumeNotice({ isSecure }: Pick<Console, "isSecure">) {
  const cookie = ownCookie(COOKIE, isSecure);
  return createMiddleware<ConsoleEnv>(async (context, next) => {
    context.set("noticeCookie", cookie);
    const isPage = context.req.method === "GET" && context.req.header("sec-fetch-mode") !== "cors";
    const notice = isPage ? cookie.read(context) : undefined;
    // Anything may have set the cookie: a long text must not hide the page.
    context.set("notice", notice?.slice(0, MAX_NOTICE_LENGTH));
    if (notice !== undefined) cookie.remove(context);
    return await next();
  });
}
