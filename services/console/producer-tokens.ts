import { type TokenSource, googleTokens } from "../../packages/client/src/tokens.ts";

/** The console's own tokens for the producer, made for an audience that doesn't change when its address does. */
export function producerTokens(audience: string | undefined): TokenSource {
  const tokens = googleTokens();
  return (origin) => tokens(audience ?? origin);
}
