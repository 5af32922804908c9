import { describe, test } from "vitest";
import { DELIVERY_CASES } from "./delivery-cases.ts";
import { TOKEN_CASES } from "./token-cases.ts";

describe.each([
  ["tokens", TOKEN_CASES],
  ["deliveries", DELIVERY_CASES],
] as const)("%s", (_, cases) => {
  test.concurrent.for(cases)("row $row: $title", async ({ run }, context) => {
    await run((cleanUp) => context.onTestFinished(cleanUp));
  });
});
