import extractDepcruiseOptions from "dependency-cruiser/config-utl/extract-depcruise-options";
import path from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";
import { VALUE_CLASSES, effectsOf } from "./effects.ts";
import { CHECKOUT, WHOLE_PROJECT_MS, plantProgram } from "../plant.ts";
import { product } from "./product.ts";
import { type Program, type RunTimeImport, loadProgram, reachable } from "./program.ts";

const { ruleSet } = await extractDepcruiseOptions(path.join(CHECKOUT, ".dependency-cruiser.mjs"));
const rules = z
  .array(z.object({ name: z.string(), from: z.object({ path: z.unknown().optional() }) }))
  .parse(ruleSet?.forbidden);
const DECISIONS = new RegExp(z.string().parse(rules.find(({ name }) => name === "decisions-import-no-io")?.from.path));

/** Code that decides and does nothing else, as the boundaries list it. It may import any types, since they are gone at run time. */
const isDecision = (file: string): boolean => DECISIONS.test(file);

/** The packages that decisions may reach at run time, and the names they may import; null for all. None of it does I/O. */
const WITHOUT_IO: ReadonlyMap<string, readonly string[] | null> = new Map([
  ["node:assert/strict", null],
  // Ids and hashes.
  ["node:crypto", ["createHash", "hash", "randomUUID"]],
  ["zod", null],
  ["@google-cloud/firestore", VALUE_CLASSES],
]);

function isWithoutIo({ specifier, names, file }: RunTimeImport): boolean {
  if (file !== null) return true;
  const allowed = WITHOUT_IO.get(specifier);
  return allowed === null || (allowed !== undefined && names !== null && names.every((name) => allowed.includes(name)));
}

/** Imports that might do I/O, in decisions and in every module that they reach at run time. */
function importsWithIo(program: Program): string[] {
  const decisions = program.files.filter(isDecision);
  const reached = new Set(decisions.flatMap((file) => [file, ...reachable(program, file, () => true)]));
  return [...reached].flatMap((file) =>
    program
      .runTimeImports(file)
      .filter((imported) => !isWithoutIo(imported))
      .map(({ specifier, names }) => `${file}: ${names?.join(", ") ?? "all"} of ${specifier}`),
  );
}

test("decisions do no I/O, and import nothing that does", { timeout: WHOLE_PROJECT_MS }, () => {
  const decisions = product.files.filter(isDecision);

  expect(decisions).toContain("shared/records/writes.ts");
  expect(decisions).toContain("services/producer/tasks/cancel/decide-cancel.ts");
  expect(decisions).toContain("services/producer/tasks/run/decide-run.ts");
  expect(decisions).toContain("services/producer/dead-letters/decide-replay.ts");
  expect(decisions).toContain("shared/outbox/decide-refusal.ts");
  expect(decisions.length).toBeGreaterThan(8);
  // The product holds all of both.
  expect(new Set(DECISIONS.source.match(/\^\w+/g))).toEqual(new Set(["^services", "^shared"]));
  expect(importsWithIo(product)).toEqual([]);
  expect(decisions.flatMap((file) => effectsOf(product, file))).toEqual([]);
});

test("an import that does I/O is detected, even through other modules", async () => {
  const root = await plantProgram({
    "services/worker/lifecycle/decide.ts": [
      'import type { Firestore } from "@google-cloud/firestore";',
      'import { type Timestamp, FieldValue } from "@google-cloud/firestore";',
      'import type fs from "node:fs";',
      'import { a } from "../../../shared/contract/a.ts";',
      "export const decide = (known: [Firestore, Timestamp, typeof fs]) => [FieldValue.delete(), a, known];",
    ].join("\n"),
    "shared/contract/a.ts": 'export { b as a } from "./b.ts";\n',
    "shared/contract/b.ts": [
      'import { readFileSync } from "node:fs";',
      'import { createHash, randomInt } from "node:crypto";',
      "export const b = [readFileSync, createHash, randomInt];",
    ].join("\n"),
    "shared/records/transition.ts": [
      'import { Firestore, Timestamp } from "@google-cloud/firestore";',
      "export const all = [Firestore, Timestamp];",
    ].join("\n"),
  });

  expect(importsWithIo(loadProgram(root, isDecision)).toSorted()).toEqual([
    "shared/contract/b.ts: createHash, randomInt of node:crypto",
    "shared/contract/b.ts: readFileSync of node:fs",
    "shared/records/transition.ts: Firestore, Timestamp of @google-cloud/firestore",
  ]);
});

/** Lines with one effect each, and how it is reported. */
const EFFECTS: readonly (readonly [text: string, found: string])[] = [
  ["await Promise.resolve();", "waits"],
  ["export const later = (log: { write(): Promise<void> }) => void log.write();", "calls something asynchronous"],
  ['export const call = () => fetch("http://localhost");', "fetch"],
  ['export const callAsMember = () => globalThis.fetch("http://localhost");', "fetch"],
  ["export const timer = () => setTimeout(() => {}, 1);", "setTimeout"],
  ["export const environment = () => process.env;", "process"],
  ["export const now = () => Date.now();", "Date.now"],
  ["export const date = () => new Date();", "new Date()"],
  ["export const chance = () => Math.random();", "Math.random"],
  ["export const written = () => Timestamp.now();", "Timestamp.now"],
  ["export const read = (snapshot: DocumentSnapshot) => snapshot.data();", "DocumentSnapshot.data"],
  ['export const found = (db: Firestore) => db.collection("x");', "Firestore.collection"],
];

test("an effect in a decision is detected; values and arguments aren't effects", async () => {
  const fine = [
    'import { type DocumentSnapshot, FieldValue, type Firestore, Timestamp } from "@google-cloud/firestore";',
    "export const values = (at: Timestamp) => [FieldValue.delete(), Timestamp.fromMillis(at.toMillis()), new Date(1)];",
    "export const handed = (clock: { now(): number; process: 1 }) => clock.now() + clock.process;",
  ];
  const file = "services/worker/lifecycle/decide.ts";
  const text = [...fine, ...EFFECTS.map(([line]) => line)].join("\n");
  const program = loadProgram(await plantProgram({ [file]: text }), isDecision);

  const found = effectsOf(program, file).map((effect) => effect.replace(`${file}:`, ""));

  const expected = EFFECTS.map(([, name], index) => `${fine.length + index + 1} ${name}`);
  expect([...new Set(found)].filter((effect) => expected.includes(effect))).toEqual(expected);
  expect(found.filter((effect) => Number.parseInt(effect) <= fine.length)).toEqual([]);
});
