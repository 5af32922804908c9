import type { Faults } from "../../../infra/preview/cloud/offline-cloud.ts";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";

const SERVICE = "gcp:cloudrunv2/service:Service";
const QUEUE = "gcp:cloudtasks/queue:Queue";
const DISABLED = "Error creating Queue: Cloud Tasks API has not been used in project 123 before or it is disabled.";
const NO_IMAGE = {
  error: "Error waiting to create Service: Error code 5, message: no image",
  leavesObject: true,
} as const;

/** An account, then a queue, then a service. Pulumi begins nothing new after a failure, so the order must not be left to chance. */
export const PROGRAM = `
  import * as gcp from "@pulumi/gcp";
  import * as pulumi from "@pulumi/pulumi";
  import { RunService } from "${PROJECT_DIR}/infra/services/run-service.ts";
  import { retryNotThereYet } from "${PROJECT_DIR}/infra/retry-not-there-yet.ts";
  retryNotThereYet({ waitMs: 0 });
  const config = new pulumi.Config("handoff");
  if (config.get("invalid")) throw new pulumi.RunError("The stack's configuration is invalid.");
  const account = new gcp.serviceaccount.Account("runner", { accountId: "runner" });
  const rate = { maxDispatchesPerSecond: config.getNumber("rate") ?? 1 };
  const queue = new gcp.cloudtasks.Queue("queue", { location: "europe-west1", rateLimits: rate }, { dependsOn: [account] });
  const service = new RunService("worker", {
    serviceName: "p-worker", region: "europe-west1", image: config.get("image") ?? "image-1", account, callers: {},
    ingress: "internal", minInstances: 0, maxInstances: 1, concurrency: 1, cpus: "1", memoryMib: 512,
    requestTimeoutMs: 1_000, env: {}, protect: false,
  }, { dependsOn: [queue] });
  export const url = service.url;
`;

/** One command in a scenario, and what must come of it on every engine. */
export interface EngineRun {
  readonly mode: "preview" | "update";
  readonly config?: Readonly<Record<string, string>>;
  readonly faults?: Faults;
  readonly succeeds: boolean;
  /** The steps with resources, in any order; "same" is none. */
  readonly steps: readonly string[];
  /** How often the queue was to be made or changed. */
  readonly attempts?: number;
  readonly says?: string;
}

export interface EngineScenario {
  readonly title: string;
  readonly runs: readonly EngineRun[];
}

const ALL = ["create queue", "create runner", "create worker"];
const CREATED: EngineRun = { mode: "update", succeeds: true, steps: ALL };
const SETTLED: EngineRun = { mode: "preview", succeeds: true, steps: [] };

const queueFails = (attempts: number, error = DISABLED) =>
  ({
    failCreate: ({ type }, attempt) => (type === QUEUE && attempt <= attempts ? error : undefined),
    failUpdate: ({ type }, attempt) => (type === QUEUE && attempt <= attempts ? error : undefined),
  }) satisfies Faults;
const serviceBreaks: Faults = {
  failCreate: ({ type }) => (type === SERVICE ? NO_IMAGE : undefined),
  failUpdate: ({ type }) => (type === SERVICE ? NO_IMAGE : undefined),
};

/** What the offline engine and Pulumi's own must agree on. */
export const ENGINE_SCENARIOS: readonly EngineScenario[] = [
  {
    title: "what is up isn't changed, by a preview or by another update",
    runs: [{ ...SETTLED, steps: ALL }, CREATED, SETTLED, { ...SETTLED, mode: "update" }],
  },
  {
    title: "a change of one resource updates it alone",
    runs: [
      CREATED,
      { mode: "preview", config: { rate: "2" }, succeeds: true, steps: ["update queue"] },
      { mode: "update", config: { rate: "2" }, succeeds: true, steps: ["update queue"], attempts: 1 },
      { ...SETTLED, config: { rate: "2" } },
    ],
  },
  {
    title: "a creation that isn't possible yet is retried within the update",
    runs: [{ ...CREATED, faults: queueFails(2), attempts: 3 }, SETTLED],
  },
  {
    title: "a creation that is refused for good fails at once, and the next update makes it",
    runs: [
      {
        ...CREATED,
        steps: ["create queue", "create runner"],
        faults: queueFails(99, "Error 403: denied"),
        succeeds: false,
        attempts: 1,
        says: "Error 403: denied",
      },
      { mode: "preview", succeeds: true, steps: ["create queue", "create worker"] },
      { mode: "update", succeeds: true, steps: ["create queue", "create worker"], attempts: 1 },
      SETTLED,
    ],
  },
  {
    title: "an update that isn't possible yet is retried",
    runs: [
      CREATED,
      {
        mode: "update",
        config: { rate: "2" },
        faults: queueFails(2),
        succeeds: true,
        steps: ["update queue"],
        attempts: 3,
      },
      { ...SETTLED, config: { rate: "2" } },
    ],
  },
  {
    title: "an update that is refused for good leaves the state as it was, and the next one makes it",
    runs: [
      CREATED,
      {
        mode: "update",
        config: { rate: "2" },
        faults: queueFails(99, "Error 403: denied"),
        succeeds: false,
        steps: ["update queue"],
        attempts: 1,
      },
      { mode: "preview", config: { rate: "2" }, succeeds: true, steps: ["update queue"] },
      { mode: "update", config: { rate: "2" }, succeeds: true, steps: ["update queue"] },
      { ...SETTLED, config: { rate: "2" } },
    ],
  },
  {
    title: "a creation that leaves a broken service fails the update, a preview shows it, and the next update mends it",
    runs: [
      { ...CREATED, faults: serviceBreaks, succeeds: false, says: "no image" },
      { mode: "preview", succeeds: true, steps: ["update worker"] },
      { mode: "update", succeeds: true, steps: ["update worker"] },
      SETTLED,
    ],
  },
  {
    title: "each update deploys a service again for as long as it stays broken",
    runs: [
      { ...CREATED, faults: serviceBreaks, succeeds: false },
      { mode: "update", faults: serviceBreaks, succeeds: false, steps: ["update worker"], says: "no image" },
      { mode: "update", faults: serviceBreaks, succeeds: false, steps: ["update worker"] },
      { mode: "update", succeeds: true, steps: ["update worker"] },
      SETTLED,
    ],
  },
  {
    title: "a service that Cloud Run doesn't call ready fails the update",
    runs: [
      {
        ...CREATED,
        faults: { deployedAs: () => ({ state: "CONDITION_RECONCILING" }) },
        succeeds: false,
        says: "Cloud Run service p-worker isn't ready",
      },
      { mode: "update", succeeds: true, steps: ["update worker"] },
      SETTLED,
    ],
  },
  {
    title: "a program that refuses its configuration makes nothing",
    runs: [
      { mode: "preview", config: { invalid: "yes" }, succeeds: false, steps: [], says: "configuration is invalid" },
      { mode: "update", config: { invalid: "yes" }, succeeds: false, steps: [], says: "configuration is invalid" },
      CREATED,
    ],
  },
];

/** What a scenario's commands came to, in the words of its expectation. */
export function comparable({ succeeds, steps, attempts }: EngineRun) {
  return { succeeds, steps: steps.toSorted(), ...(attempts === undefined ? {} : { attempts }) };
}

/** A step with a resource of the program's own; undefined for those of components and providers. */
export function stepOf({ op, urn }: { readonly op: string; readonly urn: string }): string | undefined {
  const [, , types = "", name = ""] = urn.split("::");
  return op === "same" || !/(^|\$)gcp:[^$]*$/.test(types) ? undefined : `${op} ${name}`;
}

/** Whether a urn is the queue's. */
export const isQueue = (urn: string): boolean => urn.includes(`${QUEUE}::`);
