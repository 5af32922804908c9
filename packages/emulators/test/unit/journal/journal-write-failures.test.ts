import fs from "node:fs";
import path from "node:path";
import { expect, it, vi } from "vitest";
import { RpcCode } from "../../../src/rpc/rpc-error.ts";
import { NotStoredError } from "../../../src/kernel/journal/not-stored-error.ts";
import { WRITE_FAILURES, fillDisk } from "../../support/full-disk.ts";
import { errorOf } from "../../support/error-of.ts";
import { messages, openLedger, stored } from "./ledger.ts";

it.each(WRITE_FAILURES)("stores an entry wholly or not at all, and says why not, after $code", async (failure) => {
  const ledger = await openLedger();
  ledger.set("a", 1);
  const { size } = fs.statSync(ledger.path);
  const disk = fillDisk(failure);
  const error = errorOf(() => ledger.set("b", 2), NotStoredError);
  expect(error.code).toBe(RpcCode[failure.status]);
  expect(error.message).toContain(`The emulator can't write to ${ledger.path}: ${failure.says}. Nothing was changed.`);
  expect(fs.statSync(ledger.path).size).toBe(size);
  disk.free();
  ledger.set("c", 3);
  await ledger.close();
  expect(await stored(ledger.path)).toEqual({ a: 1, c: 3 });
});

it("logs when it can no longer store, and when it can again, once each", async () => {
  const ledger = await openLedger();
  const disk = fillDisk();
  for (const key of ["a", "b", "c"]) expect(() => ledger.set(key, 1)).toThrow(NotStoredError);
  disk.free();
  ledger.set("d", 1);
  ledger.set("e", 1);
  expect(messages(ledger)).toEqual(["error: can't store changes", "info: can store changes again"]);
});

it("removes half an entry later if it can't be removed at once, and stores nothing after it until then", async () => {
  const ledger = await openLedger();
  ledger.set("a", 1);
  const disk = fillDisk();
  const truncate = vi.spyOn(fs, "ftruncateSync").mockImplementation(() => {
    throw Object.assign(new Error("EIO"), { code: "EIO", errno: -5, syscall: "ftruncate" });
  });
  expect(() => ledger.set("b", 2)).toThrow(NotStoredError);
  disk.free();
  expect(() => ledger.set("c", 3)).toThrow("i/o error (EIO)");
  truncate.mockRestore();
  ledger.set("d", 4);
  await ledger.close();
  expect(await stored(ledger.path)).toEqual({ a: 1, d: 4 });
});

it.each([
  { what: "appended to", change: (file: string) => fs.appendFileSync(file, "x") },
  { what: "cut", change: (file: string) => fs.truncateSync(file, 80) },
  { what: "deleted", change: (file: string) => fs.rmSync(file) },
  { what: "deleted with its folder", change: (file: string) => fs.rmSync(path.dirname(file), { recursive: true }) },
  {
    what: "moved away with its folder",
    change: (file: string) => fs.renameSync(path.dirname(file), `${path.dirname(file)}-2`),
  },
  {
    what: "replaced",
    change(file: string) {
      fs.copyFileSync(file, `${file}.copy`);
      fs.renameSync(`${file}.copy`, file);
    },
  },
])("stores nothing more once somebody else has $what the file", async ({ change }) => {
  const ledger = await openLedger();
  ledger.set("a", 1);
  change(ledger.path);
  const before = fs.existsSync(ledger.path) ? fs.readFileSync(ledger.path) : undefined;
  const error = errorOf(() => ledger.set("b", 2), NotStoredError);
  expect(error.code).toBe(RpcCode.INTERNAL);
  expect(error.message).toContain(`${ledger.path} was changed, replaced or deleted by another program.`);
  expect(() => ledger.set("c", 3)).toThrow(NotStoredError);
  expect(fs.existsSync(ledger.path) ? fs.readFileSync(ledger.path) : undefined).toEqual(before);
});

it("says in a sentence that it can't write, if it can't at the start", async () => {
  const ledger = await openLedger();
  await ledger.close();
  const folder = path.dirname(ledger.path);
  fs.rmSync(ledger.path);
  fs.mkdirSync(ledger.path);
  await expect(openLedger(ledger.path)).rejects.toMatchObject({
    code: "FOLDER_NOT_USABLE",
    message: expect.stringContaining(`${ledger.path} can't be used: illegal operation on a directory (EISDIR).`),
  });
  const below = path.join(folder, "ledger.lock", "below", "ledger.jsonl");
  await expect(openLedger(below)).rejects.toMatchObject({
    code: "FOLDER_NOT_USABLE",
    message: expect.stringContaining("or use another folder: --data DIR."),
  });
});
