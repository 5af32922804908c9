import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { enqueueByCli, enqueueByCurl } from "../../../services/console/parts/command-lines.ts";

const payload = { text: "it's $HOME `id` \"quoted\" \\ !\n'" };
const task = { producerUrl: "http://127.0.0.1:8080", type: "mail.send", payload };

/** The words that a shell makes of a line, whose program is replaced. */
const wordsOf = (line: string, program: string): string[] =>
  execFileSync("sh", ["-c", `${program}() { printf '%s\\0' "$@"; }; ${line}`])
    .toString()
    .split("\0")
    .slice(0, -1);

it("a shell passes a payload to the command unchanged", () => {
  expect(JSON.parse(wordsOf(enqueueByCli(task), "npx").at(-1) ?? "")).toEqual(payload);
  expect(JSON.parse(wordsOf(enqueueByCurl(task), "curl").at(-1) ?? "")).toEqual({ type: "mail.send", payload });
});

it("requests a token only if the producer needs one", () => {
  expect(enqueueByCurl(task)).not.toContain("authorization");
  expect(enqueueByCurl({ ...task, producerUrl: "https://producer.example" })).toContain(
    '-H "authorization: Bearer $(gcloud auth print-identity-token)"',
  );
});
