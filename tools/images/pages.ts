import { once } from "node:events";
import http from "node:http";
import * as z from "zod";

const MAX_PAGE_MS = 20_000;

/** A link to one of our pages. */
const LINK = /href="(\/[^"#]*)"/g;

const addressSchema = z.object({ port: z.number() });

/**
 * Loads the first page, and each page that it links to.
 *
 * @throws Error if there is no response within 20 s, or a 5xx.
 */
export async function visitPages(origin: string): Promise<void> {
  const links = (await load(`${origin}/`)).matchAll(LINK);
  for (const path of new Set([...links].map(([, path = ""]) => path))) await load(`${origin}${path}`);
}

async function load(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(MAX_PAGE_MS) });
  const text = await response.text();
  if (response.status >= 500) throw new Error(`GET ${url} returned ${response.status}: ${text}`);
  return text;
}

/** Serves the producer's data for charts in place of Cloud Monitoring: no counts. */
export async function serveNoCounts(): Promise<{ readonly url: string; readonly close: () => void }> {
  const server = http.createServer((_, response) => response.end('{"minutes":[]}'));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = addressSchema.parse(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
