import { expect, test } from "vitest";
import { plantProgram } from "../plant.ts";
import { loadProgram, reachable } from "./program.ts";
import { resultTypes } from "./result-types.ts";

const everything = (): boolean => true;

/** The names of the result types of a module with this text. */
async function resultTypesOf(text: string): Promise<string[]> {
  const program = loadProgram(await plantProgram({ "shared/a.ts": text }), everything);
  return resultTypes(program, ["shared/a.ts"])
    .map(({ name }) => name)
    .toSorted();
}

test("a program without modules is refused", async () => {
  const root = await plantProgram({ "shared/a.ts": "export {};\n" });
  expect(() => loadProgram(root, (file) => file === "shared/b.ts")).toThrow(/Nothing is chosen/);
});

test("modules are reached by every runtime import, direct or indirect, but not by type imports alone", async () => {
  const root = await plantProgram({
    "shared/entry.ts": [
      'import { a } from "./a.ts";',
      'import type { B } from "./b.ts";',
      'export { c } from "./c.ts";',
      'import "./d.ts";',
      'export const e = (): Promise<unknown> => import("./e.ts");',
      'import { type F } from "./f.ts";',
      'import fs from "node:fs";',
      "export const all: [typeof a, B, F, typeof fs] | null = null;",
    ].join("\n"),
    "shared/a.ts": 'import { aside } from "./aside.ts";\nexport const a = aside;\n',
    "shared/aside.ts": 'export { c as aside } from "./behind.ts";\n',
    "shared/behind.ts": "export const c = 1;\n",
    "shared/b.ts": "export type B = 1;\n",
    "shared/c.ts": "export const c = 1;\n",
    "shared/d.ts": "export {};\n",
    "shared/e.ts": "export {};\n",
    "shared/f.ts": "export type F = 1;\n",
  });
  const program = loadProgram(root, (file) => file === "shared/entry.ts");

  const reached = reachable(program, "shared/entry.ts", (file) => file !== "shared/aside.ts");

  // Stripping types leaves `import {} from "./f.ts"`, which runs.
  expect(reached).toEqual(["a", "c", "d", "e", "f"].map((name) => `shared/${name}.ts`));
});

test("a union counts, named or not, in a promise or beside null", async () => {
  const types = await resultTypesOf(`
    export type Named = { kind: "a" } | { kind: "b" };
    export const named = async (): Promise<Named | null> => null;
    export function unnamed() {
      return Math.random() > 0.5 ? { ok: true as const, value: 1 } : { ok: false as const, error: "no" };
    }
    export type Part = Exclude<Named | { kind: "c" }, { kind: "b" }>;
    export const part = (): Exclude<Part, never> => ({ kind: "a" });
  `);
  expect(types).toHaveLength(3);
  expect(types).toContain("Named");
  expect(
    types.filter((name) => name.includes('kind: "c"') || name.includes("ok: false") || name === "Part"),
  ).toHaveLength(2);
});

test("a union counts once if it has two names or is returned twice", async () => {
  const types = await resultTypesOf(`
    export type One = { kind: "a" } | { kind: "b" };
    export type Other = One;
    export const one = (): One => ({ kind: "a" });
    export const other = (): Other => ({ kind: "b" });
    export const again = (): Promise<{ kind: "a" } | { kind: "b" }> => Promise.resolve({ kind: "a" });
  `);
  expect(types).toHaveLength(1);
});

test("named data counts, and so does an object that holds a union; other objects and primitives don't", async () => {
  const types = await resultTypesOf(`
    export interface Data { readonly n: number }
    export interface Change<Decision> { readonly decision: Decision }
    type Union = { kind: "a" } | { kind: "b" };
    type Id = string & { readonly brand: true };
    export const data = (): Data => ({ n: 1 });
    export const change = <D>(decision: D): Change<D> => ({ decision });
    export const changeOfText = (): Change<string> => ({ decision: "" });
    export const holder = (): { readonly union: Union; readonly n: number } => ({ union: { kind: "a" }, n: 1 });
    export const plain = () => ({ n: 1 });
    export const id = (text: string) => text as Id;
    export const word = (): "a" | "b" => "a";
    export const response = (): Response | null => null;
    const hidden = (): Union => ({ kind: "a" });
    export const number = (): number => hidden().kind.length;
  `);
  expect(types).toHaveLength(3);
  expect(types).toContain("Data");
  expect(types).toContainEqual(expect.stringMatching(/^Change</));
  expect(types).toContainEqual(expect.stringMatching(/union: Union/));
});

test("a member of a counted union doesn't count again", async () => {
  const types = await resultTypesOf(`
    interface Failed { readonly kind: "failed"; readonly why: string }
    type Union = { readonly kind: "done" } | { readonly kind: "also"; readonly inner: Inner } | Failed;
    type Inner = { kind: "a" } | { kind: "b" };
    export const any = (): Union => ({ kind: "done" });
    export const failed = (): Failed => ({ kind: "failed", why: "" });
    export const also = (): Extract<Union, { kind: "also" }> => ({ kind: "also", inner: { kind: "a" } });
  `);
  expect(types).toEqual(["Union"]);
});

test("the results of public methods count; the object with the methods doesn't", async () => {
  const types = await resultTypesOf(`
    type A = { kind: "a" } | { kind: "b" };
    type B = { kind: "c" } | { kind: "d" };
    type C = { kind: "e" } | { kind: "f" };
    interface Store { read(): Promise<A>; readonly inner: { again(): Store } }
    export const createStore = (): Store => { throw new Error(); };
    export const strategy = { begin: async (): Promise<B> => ({ kind: "c" }) };
    export class Machine {
      end(): C { return this.#hidden().value; }
      #hidden(): { value: C } { return this.hidden(); }
      private hidden(): { value: C } { return { value: { kind: "e" } }; }
    }
  `);
  expect(types).toEqual(["A", "B", "C"]);
});
