import type { Refused } from "./identify.ts";

export function refusePerson(refused: Refused): { status: 401 | 403 | 503; title: string; detail: string } {
  return { status: 401, title: "Unauthenticated", detail: refused.kind };
}
