import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import path from "node:path";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { COMPILE_CACHE } from "../../../services/local/compile-cache.ts";
import { portOf } from "../../../shared/http/listening-port.ts";
import { makeSigningKey } from "../../harness/auth/tokens.ts";
import { TLS_CERTIFICATE, TLS_KEY } from "../../harness/network/tls-certificate.ts";
import { temporaryFolder } from "../../harness/runtime/temporary-folder.ts";

const BIN = path.resolve(import.meta.dirname, "../../../packages/client/bin/handoff.mjs");
const ORIGIN = "https://producer.example";

const tokenOf = (claims: object): string =>
  ["{}", JSON.stringify(claims), "s"].map((part) => Buffer.from(part).toString("base64url")).join(".");
const PERSONS = tokenOf({ email: "ann@example.com", aud: "32555940559.apps.googleusercontent.com" });
const ACCOUNT = tokenOf({ email: "shop@my-project.iam.gserviceaccount.com", aud: ORIGIN });

/**
 * A producer with TLS behind a proxy that leads every name to it, since a name of this machine needs no token. A `gcloud`
 * that prints a token and notes what it was asked.
 */
async function setUp({ token }: { readonly token: string }) {
  const received: (string | undefined)[] = [];
  const minted: string[] = [];
  const producer = https.createServer({ cert: TLS_CERTIFICATE, key: TLS_KEY }, (request, response) => {
    if (request.url === "/token") {
      // Google's own address, which the library doesn't let anybody change.
      void text(request).then((body) => {
        minted.push(new URLSearchParams(body).get("assertion")?.split(".")[1] ?? "");
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ id_token: token }));
      });
      return;
    }
    received.push(request.headers.authorization);
    response.writeHead(200, { "content-type": "application/json" }).end('{"items":[]}');
  });
  const proxy = http.createServer().on("connect", (_, client, head) => {
    const upstream = net.connect({ host: "127.0.0.1", port: portOf(producer) }, () => {
      client.write("HTTP/1.1 200 Connected\r\n\r\n");
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    for (const end of [client, upstream]) end.on("error", () => [client, upstream].forEach((each) => each.destroy()));
  });
  for (const server of [producer, proxy]) {
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", () => resolve()));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
  }
  const folder = temporaryFolder();
  const asked = path.join(folder, "asked");
  fs.writeFileSync(asked, "");
  fs.writeFileSync(path.join(folder, "gcloud"), `#!/bin/sh\necho "$@" >> '${asked}'\necho '${token}'\n`, {
    mode: 0o755,
  });
  const env = {
    ...COMPILE_CACHE,
    PATH: `${folder}:${process.env["PATH"]}`,
    HOME: folder,
    HANDOFF_URL: ORIGIN,
    HTTPS_PROXY: `http://127.0.0.1:${portOf(proxy)}`,
    NO_PROXY: "127.0.0.1",
    NODE_USE_ENV_PROXY: "1",
    // The certificate is for another name.
    NODE_TLS_REJECT_UNAUTHORIZED: "0",
    METADATA_SERVER_DETECTION: "none",
  };
  return {
    folder,
    received,
    minted,
    asked: () => fs.readFileSync(asked, "utf8").trim().split("\n"),
    confirm: () => {
      fs.mkdirSync(path.join(folder, ".config/handoff"), { recursive: true });
      const text = JSON.stringify({ confirmedUrls: [ORIGIN] });
      fs.writeFileSync(path.join(folder, ".config/handoff/confirmed-urls.json"), text);
    },
    /** Runs a command in a pipe. */
    list: async (args: readonly string[] = [], more: Readonly<Record<string, string>> = {}) => {
      const child = spawn(process.execPath, [BIN, "queues", "list", ...args], { env: { ...env, ...more } });
      child.stdin.end();
      const [stderr] = await Promise.all([text(child.stderr), text(child.stdout), once(child, "close")]);
      return { code: child.exitCode, stderr };
    },
  };
}

it("sends a person's token only to an address that they have confirmed", async () => {
  const { received, list, confirm, asked } = await setUp({ token: PERSONS });
  expect(await list(["--json"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`Your own token would go to ${ORIGIN}, which you haven't confirmed.`),
  });
  expect(received).toEqual([]);

  confirm();
  expect(await list()).toMatchObject({ code: 0 });
  expect(received).toEqual([`Bearer ${PERSONS}`]);
  expect(new Set(asked())).toEqual(new Set(["auth print-identity-token"]));
});

it("sends no token over http, and requests none", async () => {
  const { list, asked, confirm } = await setUp({ token: PERSONS });
  confirm();
  expect(await list(["--url", "http://producer.example"])).toMatchObject({ code: 2 });
  expect(asked()).toEqual([""]);
});

it("requests a service account's token for the address from gcloud, and needs no confirmation", async () => {
  const { received, list, asked } = await setUp({ token: ACCOUNT });
  expect(await list()).toMatchObject({ code: 0 });
  expect(received).toEqual([`Bearer ${ACCOUNT}`]);
  expect(asked()).toEqual(["auth print-identity-token", `auth print-identity-token --audiences=${ORIGIN}`]);
});

it("impersonates an account for the address alone", async () => {
  const { received, list, asked } = await setUp({ token: ACCOUNT });
  expect(await list(["--impersonate", "shop@my-project.iam.gserviceaccount.com"])).toMatchObject({ code: 0 });
  expect(received).toEqual([`Bearer ${ACCOUNT}`]);
  expect(asked()).toEqual([
    `auth print-identity-token --audiences=${ORIGIN} --include-email ` +
      "--impersonate-service-account=shop@my-project.iam.gserviceaccount.com",
  ]);
});

it("prefers the token of the default credentials' service account to gcloud's", async () => {
  const { received, minted, list, asked, folder } = await setUp({ token: ACCOUNT });
  const { privateKey } = makeSigningKey("key-1");
  const file = path.join(folder, "account.json");
  const key = {
    type: "service_account",
    project_id: "my-project",
    client_email: "shop@my-project.iam.gserviceaccount.com",
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
  };
  fs.writeFileSync(file, JSON.stringify(key));

  expect(await list([], { GOOGLE_APPLICATION_CREDENTIALS: file })).toMatchObject({ code: 0 });
  expect(received).toEqual([`Bearer ${ACCOUNT}`]);
  expect(asked()).toEqual([""]);
  const claims: unknown = JSON.parse(Buffer.from(minted[0] ?? "", "base64url").toString());
  expect(claims).toMatchObject({ target_audience: ORIGIN });
});
