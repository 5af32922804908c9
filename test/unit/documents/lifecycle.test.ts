import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { type Outcome, respond } from "../../../services/worker/outcome.ts";
import { ABORT_GRACE_MS, RECORD_STORE_DEADLINE_MS, leaseMsOf } from "../../../shared/contract/queues.ts";
import { transitionsOf } from "../../model/transitions.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const DOCUMENT = fs.readFileSync(path.join(ROOT, "docs/lifecycle.md"), "utf8");

const KINDS = ["claim", "transaction", "natural"] as const;

const error = { code: "some_code", message: "Some message." };

/** One of each kind, as far as handlers and Firestore decide how long to wait. */
const OUTCOMES: { readonly [Kind in Outcome["kind"]]: Extract<Outcome, { kind: Kind }> } = {
  done: { kind: "done", result: null },
  duplicate: { kind: "duplicate", state: "succeeded" },
  dead: { kind: "dead", error },
  rescheduled: { kind: "rescheduled", dueAtMs: 0 },
  busy: { kind: "busy", retryAfterMs: 1_000 },
  retry: { kind: "retry", error, retryAfterMs: 1_000 },
  saturated: { kind: "saturated", error, retryAfterMs: 1_000 },
  failed: { kind: "failed", error },
  unavailable: { kind: "unavailable", reason: "keys" },
  "unknown-type": { kind: "unknown-type", type: "test.unheard-of" },
  malformed: { kind: "malformed", problems: [] },
  "too-large": { kind: "too-large", maxBytes: 1 },
  "unsupported-media": { kind: "unsupported-media" },
  unauthenticated: { kind: "unauthenticated", reason: "Some reason." },
  forbidden: { kind: "forbidden", reason: "Some reason." },
};

test("the table of states has exactly the changes that deliveries and cancels make", () => {
  const listed = (cell = ""): string[] => cell.split(/[,;]/).map((state) => state.trim().split(" ")[0] ?? "");
  const told = rowsOf("States").flatMap(([from, to]) =>
    listed(from).flatMap((before) => listed(to).map((after) => `${before} → ${after}`)),
  );

  const made = KINDS.flatMap((kind) => [...transitionsOf(kind, { length: 3 })]);

  expect([...new Set(told)].toSorted()).toEqual([...new Set(made)].toSorted());
});

test("the table of outcomes has each response's status and Retry-After", () => {
  const told = rowsOf("What the worker responds").map(([name, status, retryAfter]) => {
    return { name: name?.replaceAll("`", ""), status: Number(status), isToldToWait: retryAfter !== "" };
  });

  const answered = Object.values(OUTCOMES).map((outcome) => {
    const { status, headers } = respond(outcome);
    return { name: headers.get("handoff-outcome"), status, isToldToWait: headers.has("retry-after") };
  });
  expect(told).toEqual(answered);
});

test("the time of a delivery is drawn to scale", () => {
  const [timeoutMs, dispatchDeadlineMs] = [30_000, 45_000];
  const steps = [RECORD_STORE_DEADLINE_MS, timeoutMs, ABORT_GRACE_MS, RECORD_STORE_DEADLINE_MS];
  const [claim = 0, handler = 0, grace = 0, settle = 0] = steps;
  const drawn = sectionOf("Timing").split("```text\n")[1]?.split("\n```")[0]?.split("\n").slice(1);

  expect(drawn).toEqual([
    bar("claim", 0, claim),
    bar("handler", claim, handler),
    bar("grace", claim + handler, grace),
    bar("settle", claim + handler + grace, settle),
    bar("dispatch deadline", 0, dispatchDeadlineMs),
    bar("lease", claim, leaseMsOf({ dispatchDeadlineMs })),
  ]);
});

test("every promise names an existing test", () => {
  const promises = sectionOf("What is promised").split("\n- ").slice(1);
  const named = promises.map((promise) => /`(test\/[^`]+)`: "([^"]+)"/.exec(promise.replaceAll(/\s+/g, " ")) ?? []);

  expect(named.length).toBeGreaterThan(10);
  for (const [, file = "no file", title = ""] of named) {
    expect(fs.readFileSync(path.join(ROOT, file), "utf8")).toContain(`"${title}"`);
  }
});

/** A line of the drawing; one column is a second. */
function bar(name: string, fromMs: number, lengthMs: number): string {
  return name.padEnd(18) + " ".repeat(fromMs / 1_000) + "=".repeat(lengthMs / 1_000);
}

function sectionOf(title: string): string {
  return DOCUMENT.split(`\n## ${title}\n`)[1]?.split("\n## ")[0] ?? "";
}

/** The cells of a section's table, without its heading. */
function rowsOf(title: string): string[][] {
  const lines = sectionOf(title)
    .split("\n")
    .filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
