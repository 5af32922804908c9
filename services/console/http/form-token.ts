import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { createMiddleware } from "hono/factory";
import type { Console } from "../console.ts";
import type { ConsoleContext, ConsoleEnv } from "./console-env.ts";
import { RefusedForm } from "./form.ts";
import { ownCookie } from "./own-cookie.ts";

const COOKIE = "handoff-form";
/** The field of each form that holds the token. */
export const TOKEN_FIELD = "token";

const SECRET_BYTES = 32;
const SECRET_FORM = /^[A-Za-z0-9_-]{43}$/;

/**
 * Accepts actions only from forms of our own pages. Each browser has a secret in a cookie that no script can read and
 * no other site sends. The token in a form is derived from the secret and the person's address, so forms made for
 * somebody else, or by a page that can set cookies, are refused. Any instance can check it.
 */
export function checkForms({ isSecure }: Pick<Console, "isSecure">) {
  const cookie = ownCookie(COOKIE, isSecure);
  return createMiddleware<ConsoleEnv>(async (context, next) => {
    const kept = cookie.read(context);
    const known = kept !== undefined && SECRET_FORM.test(kept);
    const secret = known ? kept : randomBytes(SECRET_BYTES).toString("base64url");
    const token = tokenOf(secret, context.get("person").email);
    context.set("formToken", token);
    if (context.req.method === "POST") {
      const given = await tokenIn(context);
      if (!known || typeof given !== "string" || !areEqual(given, token)) throw new RefusedForm();
    }
    if (!known) cookie.write(context, secret);
    return await next();
  });
}

/** A body that can't be read as a form has no token. */
async function tokenIn({ req }: ConsoleContext): Promise<unknown> {
  try {
    return (await req.parseBody())[TOKEN_FIELD];
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function tokenOf(secret: string, email: string): string {
  return createHmac("sha256", secret).update(email).digest("base64url");
}

function areEqual(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
