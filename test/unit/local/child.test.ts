import { expect, it, onTestFinished } from "vitest";
import { startChild } from "../../../services/local/child.ts";

/** Runs JavaScript as a program of the stack. */
function run(code: string, executable = process.execPath) {
  const printed: string[] = [];
  const environment = { PATH: process.env["PATH"] };
  const program = { name: "worker", command: [executable, "-e", code] as const, environment };
  const child = startChild(program, (line) => void printed.push(line));
  onTestFinished(() => child.stop());
  return { child, printed };
}

const LISTEN = 'process.on("SIGTERM", () => process.exit(0)); setInterval(() => {}, 1000); process.send("started");';

it.each([
  { code: `${LISTEN} process.exit(3)`, ending: { how: "ended with exit code 3", isCrash: true } },
  { code: "process.exit(0)", ending: { how: "ended with exit code 0", isCrash: true } },
  { code: "process.abort()", ending: { how: "was ended by SIGABRT", isCrash: true } },
])("counts the end of $code as a crash", async ({ code, ending }) => {
  const { child } = run(code);
  expect(await child.ended).toMatchObject(ending);
});

it.each([
  { signal: "SIGKILL", how: "was ended by SIGKILL" },
  { signal: "SIGTERM", how: "ended with exit code 0" },
  { signal: "SIGINT", how: "was ended by SIGINT" },
] as const)("does not take $signal from outside for a crash", async ({ signal, how }) => {
  const { child } = run(LISTEN);
  await child.listening;
  process.kill(child.pid ?? 0, signal);
  expect(await child.ended).toEqual({ how, isCrash: false });
});

it("doesn't count a SIGKILL during the start as a crash", async () => {
  const { child } = run("setInterval(() => {}, 1000)");
  process.kill(child.pid ?? 0, "SIGKILL");
  expect(await child.ended).toEqual({ how: "was ended by SIGKILL", isCrash: false });
});

it.each([
  { code: 'throw new RangeError("too far")', lastError: "RangeError: too far" },
  {
    code: 'const e = new Error("why\\u001b[2J"); e.code = "E"; Promise.reject(e)',
    lastError: "Error: why\\u001b[2J",
  },
  { code: 'require("./not-there.js")', lastError: "Error: Cannot find module './not-there.js'" },
  {
    code: 'console.error("Port 8081 is in use. Set PORT to a free one."); process.exitCode = 1',
    lastError: "Port 8081 is in use. Set PORT to a free one.",
  },
])("remembers what went wrong in $code", async ({ code, lastError }) => {
  const { child } = run(code);
  expect(await child.ended).toMatchObject({ isCrash: true, lastError });
});

it("reports a program that can't be started, and can still be stopped", async () => {
  const { child } = run("", "/nowhere/node");
  await expect(child.listening).rejects.toThrow(/The worker could not be started \(.*ENOENT\)/);
  expect(await child.ended).toMatchObject({ isCrash: true });
  await child.stop();
});

it("stops a suspended program in order", async () => {
  const { child, printed } = run(`${LISTEN} process.on("exit", () => console.log("in order"));`);
  await child.listening;
  process.kill(child.pid ?? 0, "SIGSTOP");
  await child.stop();
  expect(printed.join("\n")).toContain("in order");
});

it("notices the end of a program that leaves another one behind, which keeps its output open", async () => {
  const left = 'require("child_process").spawn("sleep", ["30"], { stdio: ["ignore", "inherit", "inherit"] })';
  const { child, printed } = run(`console.log(${left}.pid); process.exit(2)`);
  expect(await child.ended).toMatchObject({ how: "ended with exit code 2" });
  process.kill(Number(printed.at(0)?.split(" ").at(-1)), "SIGKILL");
});
