import { spawn } from "node:child_process";
import path from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";

const PROJECT = path.resolve(import.meta.dirname, "../..");

const MASTER = `whsec_${Buffer.from("a signing key of thirty-two bytes").toString("base64")}`;
const OLD_MASTER = `whsec_${Buffer.from("the signing key that it replaces").toString("base64")}`;

/** Python's hmac and hashlib, with HKDF from its definition, and its cryptography package computed these. */
const BY_URL = "whsec_qE2lR/F/XALmXSSKWjl3wbGofGmcqIdInyN7APqF7W0=";
const BY_ID = "whsec_qCd1GvPAD5VaxYZ9tHA0/sJkc3USWUygBWEC5a/bIyA=";
const OLD_BY_ID = "whsec_F2ICzquNeOqdXMzdrTsVsVXRA3gMWlLdOBLbVV4OZcE=";
const PUBLIC_BY_ID = "whpk_SrcJZa3Ds6a0GCkWqY/TtiNYXApNhbqOL329J1BQN94=";
const LOCAL_BY_URL = "whsec_DxBhd/GzQIFywG/OGqwo+XST+D9Y+2MMtUjzI5+ohWI=";

/** Looks a secret up as an operator does. */
async function lookUp(
  args: readonly string[],
  { variable = "", input = "" }: { variable?: string; input?: string } = {},
) {
  const { WEBHOOK_SIGNING_SECRET: _, ...inherited } = process.env;
  const env = { ...inherited, ...(variable === "" ? {} : { WEBHOOK_SIGNING_SECRET: variable }) };
  const tool = spawn(process.execPath, ["tools/webhook-secret/main.ts", ...args], { cwd: PROJECT, env });
  tool.stdin.end(input);
  const closed = new Promise<number | null>((resolve) => void tool.once("close", resolve));
  const [code, out, error] = await Promise.all([closed, text(tool.stdout), text(tool.stderr)]);
  return { code, out, error };
}

it.each([
  ["a URL, with the master in the variable", ["--url", "https://example.com/hook?x=1"], { variable: MASTER }, [BY_URL]],
  [
    "a URL, with the master on standard input",
    ["--url", "https://example.com/hook"],
    { input: `${MASTER}\n` },
    [BY_URL],
  ],
  ["an endpoint", ["--endpoint", "ep_1"], { variable: MASTER }, [BY_ID]],
  ["two masters", ["--endpoint", "ep_1"], { variable: `${MASTER} ${OLD_MASTER}` }, [BY_ID, OLD_BY_ID]],
  ["a public key", ["--endpoint", "ep_1", "--public"], { variable: MASTER }, [PUBLIC_BY_ID]],
  ["npm start", ["--url", "https://example.com/hook", "--local"], {}, [LOCAL_BY_URL]],
])("prints the secret for %s", async (_name, args, given, expected) => {
  expect(await lookUp(args, given)).toEqual({ code: 0, out: expected.map((line) => `${line}\n`).join(""), error: "" });
});

it.each([
  ["no endpoint", [], MASTER, "Name a URL or an endpoint."],
  ["two endpoints", ["--url", "https://example.com/", "--endpoint", "ep_1"], MASTER, "Name a URL or an endpoint."],
  ["something that is not a URL", ["--url", "example.com"], MASTER, "The URL must be an http or https URL."],
  [
    "something that is not an endpoint",
    ["--endpoint", "a b"],
    MASTER,
    "The endpoint must be letters, digits and . _ : -.",
  ],
  ["no master", ["--endpoint", "ep_1"], "", "WEBHOOK_SIGNING_SECRET: must be whsec_ and 24 to 64 bytes in base64"],
  [
    "a master that is too short",
    ["--endpoint", "ep_1"],
    "whsec_c2hvcnQ=",
    "WEBHOOK_SIGNING_SECRET: must be whsec_ and 24",
  ],
  [
    "the master as an argument",
    ["--url", "https://example.com/hook", MASTER],
    "",
    "There is something else on the command line.",
  ],
  ["the master as an option", [`--${MASTER}`], "", "There is something else on the command line."],
])("refuses %s, and quotes no secret", async (_name, args, variable, sentence) => {
  const { code, out, error } = await lookUp(args, { variable });
  expect([code, out]).toEqual([1, ""]);
  expect(error.slice(0, sentence.length)).toBe(sentence);
  expect(error).not.toContain(MASTER.slice("whsec_".length));
  expect(error).not.toContain("c2hvcnQ");
});
