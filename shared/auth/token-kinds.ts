/** The signature algorithms of Google's tokens. */
export type SignatureAlgorithm = "RS256" | "ES256";

/** What all tokens of one issuer have in common. */
export interface TokenKind {
  readonly algorithm: SignatureAlgorithm;
  readonly issuer: string;
  /** The longest time from a token's issue to its expiry. */
  readonly maxLifetimeMs: number;
  /** What comes before the token in its header. */
  readonly prefix: "Bearer " | "";
}

/** Google's identity tokens, valid for an hour (https://cloud.google.com/docs/authentication/token-types#id). */
export const IDENTITY_TOKEN: TokenKind = {
  algorithm: "RS256",
  issuer: "https://accounts.google.com",
  maxLifetimeMs: 65 * 60_000,
  prefix: "Bearer ",
};

/**
 * The assertion of Identity-Aware Proxy about who sent a request: valid for 10 minutes and twice the skew of 30 s
 * (https://cloud.google.com/iap/docs/signed-headers-howto#verifying_the_jwt_payload).
 */
export const IAP_ASSERTION: TokenKind = {
  algorithm: "ES256",
  issuer: "https://cloud.google.com/iap",
  maxLifetimeMs: 11 * 60_000,
  prefix: "",
};
