import type { Proof, Refused } from "./identify.ts";

/** Why a page isn't shown, for the person who requested it. */
export interface PageRefusal {
  readonly status: 401 | 403 | 503;
  readonly title: string;
  /** What happened, and what to do about it. Contains nothing from the request. */
  readonly detail: string;
  /** A code for the log. */
  readonly reason: string;
}

type Sentences<Kind extends Refused["kind"]> = {
  readonly [By in Proof]: Readonly<Record<(Refused & { kind: Kind; proof: By; reason: string })["reason"], string>>;
};

const UNPROVED: { readonly [By in Proof]: Partial<Sentences<"unauthenticated">[By]> } = {
  iap: {
    "no-token":
      "This request didn't come through Identity-Aware Proxy. Open the console at its own address, and sign in there.",
    audience:
      "Identity-Aware Proxy's assertion is for another service. IAP_AUDIENCE must be this service's own: " +
      "/projects/NUMBER/locations/REGION/services/NAME, with the project's number.",
    expired: "Identity-Aware Proxy's assertion has expired. Load the page again.",
  },
  "cloud-run": {
    "no-token":
      "This request has no identity token. Open the console through gcloud run services proxy, which sends yours.",
    audience:
      "The identity token was made for another audience. People open the console through gcloud run services proxy. A " +
      "service account must pass it a token for the console's URL, with --token.",
    expired: "The identity token has expired. Start gcloud run services proxy again.",
  },
};

const NOBODY: Sentences<"forbidden"> = {
  iap: {
    "no-email": "Identity-Aware Proxy gives no e-mail address for you, and your role depends on it.",
    "email-form": "Your e-mail address must be visible ASCII characters, at most 254.",
    "identity-source":
      "You signed in with an identity provider other than Google, so Google hasn't verified your e-mail address. Sign " +
      "in with a Google account.",
  },
  "cloud-run": {
    "no-email": "The identity token has no e-mail address, and your role depends on it. Make one with --include-email.",
    "email-form": "The identity token's e-mail address must be visible ASCII characters, at most 254.",
    "email-not-verified":
      "The identity token's e-mail address is not verified. Verify it with Google, and sign in again.",
  },
};

const WHAT: Readonly<Record<Proof, string>> = {
  iap: "What Identity-Aware Proxy says about you",
  "cloud-run": "The identity token",
};

/** Explains to a person why the console can't identify them. */
export function refusePerson(refused: Refused): PageRefusal {
  switch (refused.kind) {
    case "unauthenticated": {
      const { reason, proof } = refused;
      const detail = UNPROVED[proof][reason] ?? `${WHAT[proof]} is not valid: ${reason}. Load the page again.`;
      return { status: 401, title: "Not signed in", detail, reason };
    }
    case "forbidden":
      return { status: 403, title: "Not allowed", detail: sentenceOf(refused), reason: refused.reason };
    case "keys-unavailable":
      return {
        status: 503,
        title: "Your identity can't be checked",
        detail: "Google's keys, which prove your identity, can't be fetched. Nothing was done; try again later.",
        reason: refused.kind,
      };
  }
}

function sentenceOf(refused: Refused & { readonly kind: "forbidden" }): string {
  return refused.proof === "iap" ? NOBODY.iap[refused.reason] : NOBODY["cloud-run"][refused.reason];
}
