import fs from "node:fs/promises";
import { findPackageJSON } from "node:module";
import path from "node:path";
import type { OpenAPIHono } from "@hono/zod-openapi";
import { etag } from "hono/etag";
import type { ProducerEnv } from "../http/producer-env.ts";

/** The page that shows the OpenAPI document, and the path of its files. */
export const DOCS_PATH = "/docs";

const LIBRARY = "swagger-ui-dist";

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Handoff: API</title>
    <link rel="icon" href="docs/favicon-32x32.png">
    <link rel="stylesheet" href="docs/swagger-ui.css">
    <script src="docs/swagger-ui-bundle.js" defer></script>
    <script src="docs/start.js" defer></script>
  </head>
  <body>
    <main id="docs"></main>
    <noscript>This page needs JavaScript. The description itself is at <a href="openapi.json">/openapi.json</a>.</noscript>
  </body>
</html>
`;

/** No validator: it is a third party's service, and would receive the document's address. */
const START = `SwaggerUIBundle({ url: "openapi.json", dom_id: "#docs", deepLinking: true, validatorUrl: null });
`;

/** The library's files, by type. */
const FILES = {
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "swagger-ui.css": "text/css; charset=utf-8",
  "favicon-32x32.png": "image/png",
};

/** Shows the OpenAPI document to people. Files are read at the first request. */
export function addDocs(app: OpenAPIHono<ProducerEnv>): void {
  app.use(`${DOCS_PATH}/*`, etag());
  app.get(DOCS_PATH, (context) => context.html(PAGE));
  app.get(`${DOCS_PATH}/start.js`, (context) =>
    context.body(START, 200, { "content-type": "text/javascript; charset=utf-8" }),
  );
  for (const [name, type] of Object.entries(FILES)) {
    const read = once(() => fs.readFile(pathOf(name)));
    app.get(`${DOCS_PATH}/${name}`, async (context) => context.body(await read(), 200, { "content-type": type }));
  }
}

/** In the installed package or, next to a bundle of the service, in its copy. */
function pathOf(name: string): string {
  const manifest = findPackageJSON(LIBRARY, import.meta.url);
  if (manifest === undefined) throw new Error(`${LIBRARY} is not installed.`);
  return path.join(path.dirname(manifest), name);
}

/** Keeps what was read, and shares a read in progress, since requests arrive together. A failure isn't kept. */
function once(read: () => Promise<Buffer>): () => Promise<Uint8Array<ArrayBuffer>> {
  let kept: Promise<Uint8Array<ArrayBuffer>> | undefined;
  return () => {
    kept ??= read().then((bytes) => new Uint8Array(bytes));
    kept.catch(() => (kept = undefined));
    return kept;
  };
}
