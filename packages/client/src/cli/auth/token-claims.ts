import * as z from "zod";

const claimsSchema = z.object({
  aud: z.string().optional(),
  email: z.string().optional(),
  exp: z.number().optional(),
});

/** The claims of a token that are shown to a person. Nothing has verified them. */
export interface TokenClaims {
  readonly audience?: string | undefined;
  readonly email?: string | undefined;
  /** In milliseconds since the epoch. */
  readonly expiresAtMs?: number | undefined;
}

/** Reads a token's claims; empty if it isn't a JSON Web Token. */
export function claimsOf(token: string): TokenClaims {
  try {
    const [, payload = ""] = token.split(".");
    const { aud, email, exp } = claimsSchema.parse(JSON.parse(Buffer.from(payload, "base64url").toString()));
    return { audience: aud, email, expiresAtMs: exp === undefined ? undefined : exp * 1_000 };
  } catch {
    return {};
  }
}
