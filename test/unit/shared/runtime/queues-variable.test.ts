import { expect, it } from "vitest";
import * as z from "zod";
import { ConfigError } from "../../../../shared/runtime/config-error.ts";
import { readConfig } from "../../../../shared/runtime/config.ts";
import { queuesVariable } from "../../../../shared/runtime/variables/queues-variable.ts";
import { TEST_QUEUES } from "../../../harness/registry/test-queues.ts";

const { critical, bulk } = TEST_QUEUES;
const schema = z.object({ QUEUES: queuesVariable(new Map(Object.entries({ critical, bulk }))) });

const read = (QUEUES: string | undefined) => [...readConfig(schema, { QUEUES }).QUEUES];

it("names each queue by its key unless it is set", () => {
  const named = [
    ["critical", { settings: critical, names: ["critical"] }],
    ["bulk", { settings: bulk, names: ["bulk"] }],
  ];
  expect(read(undefined)).toEqual(named);
  expect(read("")).toEqual(named);
});

it("gives each queue its names in Cloud Tasks", () => {
  expect(read('{"bulk":["bulk-1","bulk-2"],"critical":["c-7f3a"]}')).toEqual([
    ["critical", { settings: critical, names: ["c-7f3a"] }],
    ["bulk", { settings: bulk, names: ["bulk-1", "bulk-2"] }],
  ]);
});

it("names each of a queue's shards", () => {
  const settings = { ...bulk, shards: { now: 2, before: 3 } };
  const sharded = z.object({ QUEUES: queuesVariable(new Map([["bulk", settings]])) });
  const names = (QUEUES: string) => readConfig(sharded, { QUEUES }).QUEUES.get("bulk")?.names;

  expect(names("")).toEqual(["bulk", "bulk-1", "bulk-2"]);
  expect(names('{"bulk":["a","b","c","earlier"]}')).toEqual(["a", "b", "c", "earlier"]);
  expect(() => names('{"bulk":["a","b"]}')).toThrow(
    "QUEUES.bulk: must have a name for each of the queue's 3 shards, in their order.",
  );
});

const NO_MAP =
  'QUEUES: must be a JSON object of queue keys and their names in Cloud Tasks, for example {"default":["default-7f3a"]}.';
const NO_NAMES = "must be a list of one or more Cloud Tasks queue names, which consist of letters, digits and hyphens.";

it.each([
  ["text that isn't JSON", "critical=c", NO_MAP],
  ["a list", '["critical"]', NO_MAP],
  ["null", "null", NO_MAP],
  [
    "a map without a queue",
    '{"critical":["c"]}',
    'QUEUES.bulk: is missing: give the names of queue "bulk" in Cloud Tasks, for example {"bulk":["…"]}.',
  ],
  ["a name that is not in a list", '{"critical":"c","bulk":["b"]}', `QUEUES.critical: ${NO_NAMES}`],
  ["an empty list", '{"critical":[],"bulk":["b"]}', `QUEUES.critical: ${NO_NAMES}`],
  ["a whole path", '{"critical":["projects/p/queues/c"],"bulk":["b"]}', `QUEUES.critical: ${NO_NAMES}`],
  [
    "a queue that isn't registered",
    '{"critical":["c"],"bulk":["b"],"reprots":["r"]}',
    "QUEUES.reprots: is not a registered queue; the queues are critical, bulk.",
  ],
  [
    "a queue that is named twice",
    '{"critical":["c"],"bulk":["b"],"critical":["d"]}',
    "QUEUES.critical: is a duplicate: leave one out.",
  ],
  ["a name for two queues", '{"critical":["c"],"bulk":["b","c"]}', "QUEUES: must not repeat a name."],
])("refuses %s", (_, text, sentence) => {
  expect(() => read(text)).toThrow(new ConfigError(`The configuration is invalid:\n  - ${sentence}`));
});

it("reports all problems at once", () => {
  expect(() => read('{"bulk":7,"constructor":["x"]}')).toThrow(
    /QUEUES\.critical: .*\n.*QUEUES\.bulk: .*\n.*constructor/,
  );
});
