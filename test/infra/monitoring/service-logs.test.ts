import { expect, test } from "vitest";
import { describeLogFilters } from "../../../infra/monitoring/service-logs.ts";
import { type Graph, ofType, runFixture, the } from "../support/graph.ts";

const EXCLUSION = "gcp:logging/projectExclusion:ProjectExclusion";
const SINK = "gcp:logging/projectSink:ProjectSink";
const BUCKET = "gcp:logging/projectBucketConfig:ProjectBucketConfig";

const OURS =
  'resource.type = "cloud_run_revision" AND ' +
  'resource.labels.service_name = ("handoff-producer" OR "handoff-worker" OR "handoff-console")';
const SUCCEEDED = `${OURS} AND log_id("run.googleapis.com/requests") AND httpRequest.status < 400`;

async function update(change: Readonly<Record<string, string>>): Promise<Graph> {
  const run = await runFixture("production", "update", change);
  expect(run.output).toBe("");
  return run.resources;
}

test("Cloud Run's lines about requests that succeeded aren't kept, and everybody else's logs are left alone", async () => {
  const graph = await update({});
  expect(ofType(graph, EXCLUSION).map(({ inputs }) => inputs)).toEqual([{ name: "handoff", filter: SUCCEEDED }]);
  expect(ofType(graph, SINK, BUCKET)).toEqual([]);
});

test("a console that isn't there has no logs", async () => {
  const [exclusion] = ofType(await update({ "handoff:console": "off" }), EXCLUSION);
  expect(exclusion?.inputs["filter"]).not.toContain("console");
});

test("all requests can be kept", async () => {
  expect(ofType(await update({ "handoff:requestLog": "all" }), EXCLUSION, SINK, BUCKET)).toEqual([]);
});

test("with a retention of their own, logs go to a bucket of the stack's in its region, and to no other", async () => {
  const graph = await update({ "handoff:logRetentionDays": "90" });

  expect(the(graph, BUCKET, "logs").inputs).toEqual({
    project: "my-project-123",
    location: "europe-west1",
    bucketId: "handoff",
    retentionDays: 90,
  });
  expect(the(graph, SINK, "logs").inputs).toEqual({
    name: "handoff",
    destination: "logging.googleapis.com/projects/my-project-123/locations/europe-west1/buckets/handoff",
    filter: OURS,
    exclusions: [{ name: "requests-that-succeeded", filter: SUCCEEDED }],
  });
  expect(ofType(graph, EXCLUSION).map(({ inputs }) => inputs)).toEqual([{ name: "handoff", filter: OURS }]);
});

test("lines are kept out of the project's bucket only once they have another", async () => {
  const graph = await update({ "handoff:logRetentionDays": "90" });
  expect(the(graph, EXCLUSION, "logs").dependencies).toContain(the(graph, SINK, "logs").urn);
});

test("refused requests are kept: nobody else logs them", () => {
  const { succeeded } = describeLogFilters(["p-worker"]);
  expect(succeeded).toContain('log_id("run.googleapis.com/requests") AND httpRequest.status < 400');
  expect(succeeded).toContain('service_name = ("p-worker")');
});
