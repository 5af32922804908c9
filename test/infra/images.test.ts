import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { PROJECT_DIR } from "../../tools/project-dir.ts";
import { SettingsError, parseSettings } from "../../infra/settings/settings.ts";
import { FIXTURE } from "./support/fixture-registry.ts";
import { at, ofType, runFixture, the } from "./support/graph.ts";

const DOCKER = "docker-build:index:Image";
const SERVICE = "gcp:cloudrunv2/service:Service";
const imageOf = (target: string) =>
  `europe-west1-docker.pkg.dev/staging-123/handoff/${target}@sha256:${(target === "worker" ? "a" : "b").repeat(64)}`;

test("images that are given are deployed as they are, and nothing is built", async () => {
  const given = { producer: imageOf("producer"), worker: imageOf("worker"), console: imageOf("console") };
  const run = await runFixture("production", "update", { "handoff:images": JSON.stringify(given) });

  expect(run.output).toBe("");
  expect(ofType(run.resources, DOCKER)).toEqual([]);
  for (const [name, image] of Object.entries(given)) {
    expect(at(the(run.resources, SERVICE, name).inputs, "template.containers.0.image")).toBe(image);
  }
  expect(run.outputs["images"]).toEqual(given);
});

test("an image that isn't given is built", async () => {
  const given = { worker: imageOf("worker") };
  const { resources, outputs } = await runFixture("production", "update", { "handoff:images": JSON.stringify(given) });
  expect(ofType(resources, DOCKER).map(({ name }) => name)).toEqual(["producer", "console"]);
  expect(outputs["images"]).toMatchObject({ ...given, producer: expect.stringContaining("/producer@sha256:") });
});

test.each([
  [
    { worker: "europe-west1-docker.pkg.dev/p/handoff/worker:latest" },
    "handoff:images.worker: must be an image by its digest",
  ],
  [{ worker: `europe-west1-docker.pkg.dev/p/handoff/worker@sha256:${"a".repeat(63)}` }, "by its digest"],
  [
    { wroker: imageOf("worker") },
    "handoff:images: must be a map of images by their targets, which are producer, worker, console.",
  ],
  [["x"], "handoff:images: must be a map of images by their targets"],
])("%j is refused with an explanation", (images, sentence) => {
  const needed = { "handoff:project": "my-project-123", "handoff:region": "europe-west1", "handoff:prefix": "handoff" };
  const parse = () => parseSettings({ ...needed, "handoff:images": JSON.stringify(images) }, FIXTURE);
  expect(parse).toThrow(SettingsError);
  expect(parse).toThrow(sentence);
});

test("every base image is named by its digest, so that pulling makes no difference", () => {
  const text = fs.readFileSync(path.join(PROJECT_DIR, "Dockerfile"), "utf8");
  const stages = [...text.matchAll(/^FROM (\S+)(?: AS (\S+))?$/gm)].map(([, from = "", as = ""]) => ({ from, as }));
  const own = new Set(stages.map(({ as }) => as));
  const bases = stages.filter(({ from }) => !own.has(from)).map(({ from }) => from);
  expect(bases.length).toBeGreaterThan(1);
  for (const base of bases) expect(base).toMatch(/@sha256:[0-9a-f]{64}$/);
  expect(text).not.toMatch(/^#\s*syntax=\S+:(?!.*@sha256)/m);
});
