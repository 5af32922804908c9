import { PassThrough, Readable, Writable } from "node:stream";
import type { Surroundings } from "../../../packages/client/src/cli/surroundings.ts";
import { type Clock, systemClock } from "../../../shared/runtime/clock.ts";

/** The surroundings for a command that a test runs in its own process, and the command's output. */
export function surroundingsOf({
  isTerminal = false,
  typed = "",
  env = {},
  cwd = process.cwd(),
  clock = systemClock,
}: {
  /** Whether it is a terminal. Default: a pipe. */
  readonly isTerminal?: boolean;
  /** The contents of stdin. */
  readonly typed?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly clock?: Clock;
} = {}) {
  const stdout = collector(isTerminal);
  const stderr = collector(isTerminal);
  const stdin = isTerminal ? Object.assign(new PassThrough(), { isTTY: true }) : Readable.from([Buffer.from(typed)]);
  if (stdin instanceof PassThrough) stdin.end(typed);
  const signal = new AbortController().signal;
  const surroundings: Surroundings = { env, cwd, clock, stdin, stdout: stdout.stream, stderr: stderr.stream, signal };
  return { surroundings, stdout: stdout.text, stderr: stderr.text };
}

function collector(isTTY: boolean) {
  let written = "";
  const stream = new Writable({
    write(chunk, _, done) {
      written += String(chunk);
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY }), text: () => written };
}
