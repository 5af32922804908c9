import { type TokenSource, googleTokens } from "../../packages/client/src/tokens.ts";

/** The console's own tokens for the producer. Their audience doesn't change when the producer's address does. */
export function producerTokens(audience: string | undefined): TokenSource {
  const tokens = googleTokens();
  return (origin) => tokens(audience ?? origin);
}
