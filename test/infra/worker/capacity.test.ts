import { expect, test } from "vitest";
import { at, runFixture, the, variablesOf } from "../support/graph.ts";

test("each service's instances have the vCPUs and the memory of its settings, and know the memory", async () => {
  const { resources, output } = await runFixture("dev", "update", {
    "handoff:producerCpus": "2",
    "handoff:producerMemoryMib": "1024",
    "handoff:workerCpus": "4",
    "handoff:workerMemoryMib": "8192",
    "handoff:consoleCpus": "6",
    "handoff:consoleMemoryMib": "4096",
    "handoff:regionCpus": "100",
    "handoff:regionMemoryGib": "100",
  });
  expect(output).toBe("");
  const given = ["producer", "worker", "console"].map((name) => {
    const service = the(resources, "gcp:cloudrunv2/service:Service", name);
    return [at(service.inputs, "template.containers[0].resources.limits"), variablesOf(service).get("MEMORY_MIB")];
  });
  expect(given).toEqual([
    [{ cpu: "2", memory: "1024Mi" }, "1024"],
    [{ cpu: "4", memory: "8192Mi" }, "8192"],
    [{ cpu: "6", memory: "4096Mi" }, "4096"],
  ]);
});
