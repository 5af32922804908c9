import { expect, test } from "vitest";
import { withoutSettings } from "../../../tools/client-package/without-settings.ts";
import { definitionsIn, localSecrets } from "../../../tools/client-package/definitions.ts";
import { secret, setting } from "../../../shared/contract/task-settings.ts";
import * as z from "zod";
import { plant } from "../architecture/plant.ts";

test("a definition loses its settings, and its module everything that only they needed", () => {
  const text = `
import * as z from "zod";
import { parseKey, other } from "../auth/keys.ts";
import { secret } from "../contract/task-settings.ts";
import { defineTask } from "../contract/task-type.ts";

const LOCAL = "made-up";
const key = z.string().transform(parseKey).transform(other);
function local(): string {
  return LOCAL;
}
export const KEPT = 1;

/** Sends a receipt. */
export const sendReceipt = defineTask({
  type: "receipt.send",
  payload: z.strictObject({ settings: z.string() }),
  settings: { KEY: secret({ schema: key, local: local() }) },
  attempts: 3,
});
export const other = defineTask({ type: "a", settings });
`;
  expect(withoutSettings(text)).toBe(`
import * as z from "zod";
import { parseKey, other } from "../auth/keys.ts";
import { defineTask } from "../contract/task-type.ts";
export const KEPT = 1;

/** Sends a receipt. */
export const sendReceipt = defineTask({
  type: "receipt.send",
  payload: z.strictObject({ settings: z.string() }),
  attempts: 3,
});
export const other = defineTask({ type: "a", });
`);
});

test("a module without settings stays as it is", () => {
  const text = 'const unused = 1;\nexport const a = defineTask({ type: "a" });\n';
  expect(withoutSettings(text)).toBe(text);
});

test("types are found where they are exported, and two with the same name are refused", async () => {
  const folder = await plant({
    "a.mjs": "",
    "a.ts": "export const one = globalThis.packedTypes[0];\nexport const queues = {};\n",
    "index.ts": 'export { one } from "./a.ts";\nexport const two = globalThis.packedTypes[1];\n',
  });
  const packedTypes = [{ type: "a" }, { type: "b" }, { type: "c" }];
  Reflect.set(globalThis, "packedTypes", packedTypes);
  const registry = { listed: packedTypes };

  expect(await definitionsIn(folder, registry)).toEqual([
    { module: "a.ts", names: ["one"] },
    { module: "index.ts", names: ["two"] },
  ]);

  const clash = await plant({
    "a.ts": "export const one = globalThis.packedTypes[0];\n",
    "b.ts": "export const one = globalThis.packedTypes[1];\n",
  });
  await expect(definitionsIn(clash, registry)).rejects.toThrow("Both a.ts and b.ts export a task type as one.");
  Reflect.deleteProperty(globalThis, "packedTypes");
});

test("only secrets count as local secrets", () => {
  const settings = new Map([
    ["KEY", secret({ schema: z.string(), local: "made-up" })],
    ["URL", setting({ schema: z.string(), local: "http://localhost" })],
  ]);
  expect(localSecrets({ settings })).toEqual(["made-up"]);
});
