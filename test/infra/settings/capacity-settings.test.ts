import { expect, test } from "vitest";
import { SettingsError, parseSettings } from "../../../infra/settings/settings.ts";
import { FIXTURE } from "../support/fixture-registry.ts";

const NEEDED = { "handoff:project": "my-project-123", "handoff:region": "europe-west1", "handoff:prefix": "handoff" };

const SERVICES = ["producer", "worker", "console"] as const;

/** What Cloud Run allows (https://cloud.google.com/run/docs/configuring/services/cpu), from our own least. */
const LIMITS = [
  ["1", 512, 4_096],
  ["2", 512, 8_192],
  ["4", 2_048, 16_384],
  ["6", 4_096, 24_576],
  ["8", 4_096, 32_768],
] as const;

test.each(SERVICES.flatMap((service) => LIMITS.map((limits) => [service, ...limits] as const)))(
  "an instance of the %s with %s vCPUs may have %i to %i MiB",
  (service, cpus, least, most) => {
    const parse = (memoryMib: number) =>
      parseSettings(
        { ...NEEDED, [`handoff:${service}Cpus`]: cpus, [`handoff:${service}MemoryMib`]: String(memoryMib) },
        FIXTURE,
      );
    for (const allowed of [least, most]) expect(parse(allowed)[`${service}MemoryMib`]).toBe(allowed);
    for (const refused of [least - 1, most + 1]) {
      expect(() => parse(refused)).toThrow(SettingsError);
      expect(() => parse(refused)).toThrow(`handoff:${service}MemoryMib: must be `);
    }
  },
);

test.each<[Readonly<Record<string, string>>, string]>([
  [
    { "handoff:workerMaxInstances": "0" },
    "handoff:workerMaxInstances: must be a whole number from 1 to 1000, in plain digits.",
  ],
  [
    { "handoff:workerMaxInstances": "1e3" },
    "handoff:workerMaxInstances: must be a whole number from 1 to 1000, in plain digits.",
  ],
  [{ "handoff:workerMinInstances": "11" }, "handoff:workerMinInstances: must not be more than workerMaxInstances."],
  [{ "handoff:producerMinInstances": "11" }, "handoff:producerMinInstances: must not be more than producerMaxInst"],
  [{ "handoff:workerCpus": "3" }, "handoff:workerCpus: must be one of 1, 2, 4, 6, 8."],
  [{ "handoff:producerCpus": "0.5" }, "handoff:producerCpus: must be one of 1, 2, 4, 6, 8."],
  [
    { "handoff:workerMemoryMib": "4097" },
    "handoff:workerMemoryMib: must be from 512 to 4096 with handoff:workerCpus 1, since Cloud Run allows no other.",
  ],
  [
    { "handoff:producerCpus": "4" },
    "handoff:producerMemoryMib: must be from 2048 to 16384 with handoff:producerCpus 4, since Cloud Run allows no other.",
  ],
  [
    { "handoff:console": "off", "handoff:consoleCpus": "2" },
    "handoff:consoleCpus: has no effect, since handoff:console is off: leave it out.",
  ],
  [
    { "handoff:console": "off", "handoff:consoleMemoryMib": "1024" },
    "handoff:consoleMemoryMib: has no effect, since handoff:console is off: leave it out.",
  ],
])("%j is refused with a sentence", (change, sentence) => {
  expect(() => parseSettings({ ...NEEDED, ...change }, FIXTURE)).toThrow(sentence);
});

test.each(["producer", "worker"])(
  "a number of instances of the %s that is none is refused by one sentence",
  (service) => {
    const settings = { ...NEEDED, [`handoff:${service}MaxInstances`]: "many" };
    expect(() => parseSettings(settings, FIXTURE)).toThrow(
      new SettingsError(
        `The stack's configuration is invalid:\n  - handoff:${service}MaxInstances: must be a whole number from 1 to 1000, in plain digits.`,
      ),
    );
  },
);
