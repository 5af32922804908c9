import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { runCommandLine } from "../../../packages/client/src/cli/command-line.ts";
import { surroundingsOf } from "../../harness/client/terminal.ts";
import { temporaryFolder } from "../../harness/runtime/temporary-folder.ts";

/** A command that a shell ran. */
export interface Ran {
  readonly command: string;
  readonly code: number;
  readonly stdout: string;
}

/** Hands a command over to the test's process, whose status is 200 and the exit code. A process each would take longer. */
const shim = (socket: string): string => `#!/bin/sh
[ "$1" = handoff ] || exit 99
shift
args=$(printf '%s\\0' "$@" | base64 | tr -d '\\n')
printed=$(mktemp)
status=$(curl -s --unix-socket '${socket}' -H "args: $args" --data-binary @- -o "$printed" -w '%{http_code}' http://handoff/)
cat "$printed"
rm "$printed"
exit $((status - 200))
`;

/** Runs lines as a shell would that a person types them into. `npx handoff` is the command line, in a pipe. */
export async function startShell({ env }: { readonly env: Readonly<Record<string, string>> }) {
  const folder = temporaryFolder();
  let stderr = "";
  const server = http.createServer((request, response) => {
    void text(request).then(async (typed) => {
      const args = Buffer.from(String(request.headers["args"]), "base64").toString().split("\0").slice(0, -1);
      const given = surroundingsOf({ typed, env, cwd: folder });
      const code = await runCommandLine(args, given.surroundings);
      stderr += given.stderr();
      response.writeHead(200 + code).end(given.stdout());
    });
  });
  const socket = path.join(folder, "handoff.sock");
  await new Promise<void>((resolve) => void server.listen(socket, () => resolve()));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  fs.writeFileSync(path.join(folder, "npx"), shim(socket), { mode: 0o755 });
  return {
    /** Runs the commands in order in one shell, so that later ones see the variables that earlier ones set. */
    run: async (commands: readonly string[]): Promise<{ readonly ran: readonly Ran[]; readonly stderr: string }> => {
      stderr = "";
      const script = commands.map((command) => `${command}\nprintf '\\036%s\\036' "$?"`).join("\n");
      const child = spawn("sh", ["-c", script], { env: { PATH: `${folder}:${process.env["PATH"]}` } });
      child.stdin.end();
      const [stdout, unexpected] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
      const parts = stdout.split("\u001e");
      const ran = commands.map((command, at) => ({
        command,
        stdout: parts[at * 2] ?? "",
        code: Number(parts[at * 2 + 1]),
      }));
      return { ran, stderr: stderr + unexpected };
    },
  };
}

/** The lines of JSON that a command printed. */
export function linesOf({ stdout }: Pick<Ran, "stdout">): unknown[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line): unknown => JSON.parse(line));
}
