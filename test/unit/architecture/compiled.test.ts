import { describe } from "vitest";

// These compile the project. One file holds them all, since its worker then parses the project and its packages once.
describe("decisions", async () => void (await import("./compiled/decisions.ts")));
describe("compiled programs", async () => void (await import("./compiled/program-itself.ts")));
describe("writers of records", async () => void (await import("./compiled/record-writers.ts")));
describe("the worker's flow", async () => void (await import("./compiled/worker-flow.ts")));
