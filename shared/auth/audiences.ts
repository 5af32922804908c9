import { isServiceAccount } from "./email.ts";
import type { IsForUs } from "./identity-token.ts";

/**
 * The audience of the tokens that `gcloud auth print-identity-token` makes for people, which every Cloud Run service
 * accepts (https://cloud.google.com/run/docs/authenticating/developers).
 */
const GCLOUD = "32555940559.apps.googleusercontent.com";

/** What follows a service's name in the address that Cloud Run made up for it (https://cloud.google.com/run/docs/triggering/https-request). */
const MADE_UP = /^[a-z0-9]+-[a-z]+\.a\.run\.app$/;

/** For whom tokens must be made. */
export interface Audiences {
  /** A constant that infra gives the service as its custom audience. */
  readonly custom: string;
  /** The service's address with the project's number, which is known before the service exists. */
  readonly url: string;
  /** The service's name, where infra states that Cloud Run checks every caller's token, and so its audience. */
  readonly checkedService?: string;
}

/** Makes the function that tells whether a token was made for a service. */
export function madeFor({ custom, url, checkedService }: Audiences): IsForUs {
  const ours = new Set([custom, url]);
  const start = checkedService === undefined ? undefined : `https://${checkedService}-`;
  return ({ audience, email }) => {
    if (ours.has(audience)) return true;
    if (audience === GCLOUD) return typeof email === "string" && !isServiceAccount(email);
    return start !== undefined && audience.startsWith(start) && MADE_UP.test(audience.slice(start.length));
  };
}
