import { readFileSync, readdirSync } from "node:fs";

/** A process's resident memory in MiB, current and peak; 0 if there is no /proc. */
export function residentMib(pid: number): { now: number; highest: number } {
  const status = readProcFile(pid, "status");
  const kib = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? 0);
  return { now: kib("VmRSS") / 1024, highest: kib("VmHWM") / 1024 };
}

/** Clock ticks per second in /proc, the same on every Linux that Node runs on (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;

/** The processor time that a process has used, in seconds, over all threads; 0 if there is no /proc. */
export function cpuSeconds(pid: number): number {
  // After the program's name, which may contain anything: proc_pid_stat(5) counts from 1, the two are 14 and 15.
  const fields = readProcFile(pid, "stat").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND;
}

/** The processor time that a process's present threads have used, in milliseconds, to the microsecond; 0 if there is no /proc. */
export function processorMs(pid: number): number {
  const threads = readFolder(`/proc/${pid}/task`);
  const nanoseconds = threads.map((thread) => Number(readProcFile(pid, `task/${thread}/schedstat`).split(" ")[0] ?? 0));
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
}

function readFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readProcFile(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
