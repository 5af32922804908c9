import { readBounded } from "../../../shared/http/bounded-body.ts";
import type { Clock } from "../../../shared/runtime/clock.ts";
import { cancelAtDeadline } from "../../../shared/runtime/deadline.ts";
import { DependencyError } from "../../../shared/runtime/dependency-error.ts";

const MAX_BYTES = 2 * 1024 * 1024;

/**
 * Fetches JSON from the source of the counts, at most 2 MiB. Undefined if it responds with 404.
 *
 * @param on.headers awaited within the same time limit.
 * @throws DependencyError if it takes too long, or the response is anything else.
 */
export async function fetchJson(
  url: URL,
  on: { readonly clock: Clock; readonly timeoutMs: number; readonly headers?: () => Promise<Headers> },
): Promise<unknown> {
  const { clock, timeoutMs, headers = async () => new Headers() } = on;
  try {
    return await cancelAtDeadline({ clock, timeoutMs }, async (signal) => {
      const response = await fetch(url, { headers: await headers(), signal, redirect: "error" });
      if (response.status === 404) return undefined;
      // The body isn't needed, and may quote the request.
      if (!response.ok) throw new Error(`${url.host} answered ${response.status}.`);
      const body = await readBounded(response, MAX_BYTES);
      if (body.kind !== "read") throw new Error(`The body of ${url.host}'s response is ${body.kind}.`);
      return JSON.parse(Buffer.from(body.bytes).toString("utf8"));
    });
  } catch (error) {
    throw new DependencyError("monitoring", error);
  }
}
