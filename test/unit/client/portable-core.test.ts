import { build } from "esbuild";
import vm from "node:vm";
import { expect, test } from "vitest";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";
import { plant } from "../architecture/plant.ts";

/** What a bundle may leave to be imported: it is loaded at the first token, and only where no function makes tokens. */
const LOADED_WHEN_USED = ["google-auth-library"];

const CORE = "packages/client/src/index.ts";

/**
 * Bundles a module for runtimes other than Node.
 *
 * @throws Error with esbuild's messages when anything that it reaches is a module of Node, or isn't there.
 */
async function bundleForAnywhere(folder: string, entry: string) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: folder,
    entryPoints: [entry],
    bundle: true,
    platform: "neutral",
    format: "iife",
    globalName: "client",
    external: LOADED_WHEN_USED,
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  return { code: outputFiles[0]?.text ?? "", inputs: Object.keys(metafile.inputs) };
}

/** The globals that browsers and every server runtime have. */
const WEB = {
  AbortController,
  AbortSignal,
  Response,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
  clearTimeout,
  crypto,
  performance,
  setTimeout,
};

test("the client's core imports no module of Node, and no package but the one that issues tokens", async () => {
  const { inputs } = await bundleForAnywhere(PROJECT_DIR, CORE);

  expect(inputs).toContain("packages/client/src/create-client.ts");
  expect(inputs.filter((input) => input.includes("node_modules"))).toEqual([]);
});

test("a module of Node is found even behind other modules", async () => {
  const folder = await plant({
    "index.ts": 'export { a } from "./a.ts";\n',
    "a.ts": 'import { createHash } from "node:crypto";\nexport const a = createHash("sha256");\n',
  });
  await expect(bundleForAnywhere(folder, "index.ts")).rejects.toThrow('Could not resolve "node:crypto"');
});

test("the core only needs globals of the web", async () => {
  const { code } = await bundleForAnywhere(PROJECT_DIR, CORE);
  const sent: string[] = [];
  const fetch = async (url: string, { body }: { readonly body: string }): Promise<Response> => {
    sent.push(`${url} ${body}`);
    return Response.json({ results: [{ status: 202 }, { status: 202 }] });
  };
  const script = `${code};
    const handoff = client.createClient({ url: "https://producer.example", auth: null, fetch });
    handoff.enqueueMany([{ type: "t", payload: 1, idempotencyKey: "a" }, { type: "t", payload: 2, idempotencyKey: "b" }]);`;

  const results: unknown = await vm.runInNewContext(script, { ...WEB, fetch });

  expect(results).toMatchObject([{ status: 202, idempotencyKey: "a" }, { idempotencyKey: "b" }]);
  expect(sent).toEqual([
    'https://producer.example/v1/tasks/batch {"tasks":[{"type":"t","payload":1,"idempotencyKey":"a"},{"type":"t","payload":2,"idempotencyKey":"b"}]}',
  ]);
});
