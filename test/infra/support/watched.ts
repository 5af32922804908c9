import type { Watched } from "../../../infra/monitoring/series.ts";

/** The names of a stack with the prefix `p`. */
export const WATCHED: Watched = {
  producerService: "p-producer",
  workerService: "p-worker",
  queueNames: ["p-critical-1", "p-bulk-1"],
  databaseId: "p",
  deliveries: "p-deliveries",
  delays: "p-delivery-delays",
  completions: "p-completions",
  ticks: "p-ticks",
  schedules: "p-schedules",
  queues: "p-queues",
  requests: "p-requests",
  failedRequests: "p-failed-requests",
  failedRollouts: "p-failed-rollouts",
  memoryKills: "p-memory-kills",
  failedJobs: "p-failed-jobs",
  objectives: {
    availability: "projects/1/services/p/serviceLevelObjectives/availability",
    completion: "projects/1/services/p/serviceLevelObjectives/completion",
  },
};
