import { isServiceAccount } from "./email.ts";
import type { IsForUs } from "./identity-token.ts";

/**
 * The audience of the tokens that `gcloud auth print-identity-token` issues to people. Every Cloud Run service accepts
 * it (https://cloud.google.com/run/docs/authenticating/developers).
 */
const GCLOUD = "32555940559.apps.googleusercontent.com";

/** The suffix of addresses that Cloud Run generates (https://cloud.google.com/run/docs/triggering/https-request). */
const MADE_UP = /^[a-z0-9]+-[a-z]+\.a\.run\.app$/;

/** The audiences that a service accepts. */
export interface Audiences {
  /** A constant that infra sets as the service's custom audience. */
  readonly custom: string;
  /** The service's address with the project number, which is known before the service exists. */
  readonly url: string;
  /** The service's name, if infra states that Cloud Run checks every caller's token and its audience. */
  readonly checkedService?: string;
}

/** Makes the function that decides whether a token was issued for a service. */
export function audienceCheck({ custom, url, checkedService }: Audiences): IsForUs {
  const ours = new Set([custom, url]);
  const start = checkedService === undefined ? undefined : `https://${checkedService}-`;
  return ({ audience, email }) => {
    if (ours.has(audience)) return true;
    if (audience === GCLOUD) return typeof email === "string" && !isServiceAccount(email);
    return start !== undefined && audience.startsWith(start) && MADE_UP.test(audience.slice(start.length));
  };
}
