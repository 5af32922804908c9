import { expect, it } from "vitest";
import type { Refused } from "../../../../services/console/access/identify.ts";
import { refusePerson } from "../../../../services/console/access/refuse-person.ts";

it.each<[refused: Refused, status: number, detail: string]>([
  [{ kind: "unauthenticated", reason: "no-token", proof: "iap" }, 401, "didn't come through Identity-Aware Proxy"],
  [{ kind: "unauthenticated", reason: "audience", proof: "iap" }, 401, "IAP_AUDIENCE must be this service's own"],
  [{ kind: "unauthenticated", reason: "expired", proof: "iap" }, 401, "Load the page again."],
  [
    { kind: "unauthenticated", reason: "signature", proof: "iap" },
    401,
    "What Identity-Aware Proxy says about you is not valid: signature. Load the page again.",
  ],
  [{ kind: "unauthenticated", reason: "no-token", proof: "cloud-run" }, 401, "gcloud run services proxy"],
  [{ kind: "unauthenticated", reason: "audience", proof: "cloud-run" }, 401, "--token"],
  [{ kind: "unauthenticated", reason: "expired", proof: "cloud-run" }, 401, "Start gcloud run services proxy again."],
  [
    { kind: "unauthenticated", reason: "algorithm", proof: "cloud-run" },
    401,
    "The identity token is not valid: algorithm. Load the page again.",
  ],
  [{ kind: "forbidden", reason: "identity-source", proof: "iap" }, 403, "Sign in with a Google account."],
  [{ kind: "forbidden", reason: "no-email", proof: "iap" }, 403, "Identity-Aware Proxy gives no e-mail address"],
  [{ kind: "forbidden", reason: "email-form", proof: "iap" }, 403, "visible ASCII characters"],
  [{ kind: "forbidden", reason: "no-email", proof: "cloud-run" }, 403, "--include-email"],
  [{ kind: "forbidden", reason: "email-form", proof: "cloud-run" }, 403, "visible ASCII characters"],
  [{ kind: "forbidden", reason: "email-not-verified", proof: "cloud-run" }, 403, "Verify it with Google"],
  [{ kind: "keys-unavailable", proof: "iap" }, 503, "try again later"],
  [{ kind: "keys-unavailable", proof: "cloud-run" }, 503, "try again later"],
])("says what happened and what to do about %j", (refused, status, detail) => {
  expect(refusePerson(refused)).toEqual({
    status,
    title: expect.stringMatching(/^[A-Z]/),
    detail: expect.stringContaining(detail),
    reason: "reason" in refused ? refused.reason : refused.kind,
  });
});
