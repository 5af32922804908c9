import { readFileSync, readdirSync } from "node:fs";
import { cpuSeconds } from "../../processes/process-usage.ts";

/**
 * The processor time of a process so far, in milliseconds, as the kernel counts it: by the nanosecond for threads that still
 * live (https://docs.kernel.org/scheduler/sched-stats.html), else by the hundredth of a second.
 */
export function cpuMs(pid: number): number {
  const nanos = threadsOf(pid).map((thread) => Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0]));
  const isCounted = nanos.length > 0 && nanos.every((each) => each > 0);
  return isCounted ? nanos.reduce((sum, each) => sum + each) / 1e6 : cpuSeconds(pid) * 1_000;
}

/** The same of a process, all that it started, and those of them that have ended. */
export function treeCpuMs(pid: number): number {
  const children = childrenByParent();
  const sum = (each: number): number =>
    cpuMs(each) + endedCpuMs(each) + (children.get(each) ?? []).reduce((total, child) => total + sum(child), 0);
  return sum(pid);
}

const MS_PER_TICK = 10;

/** Of the children that ended and were waited for: fields 16 and 17 of proc_pid_stat(5). */
function endedCpuMs(pid: number): number {
  const fields = statOf(pid);
  return (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) * MS_PER_TICK;
}

function childrenByParent(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(statOf(Number(name))[1] ?? 0);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  return children;
}

/** The fields after the program's name, which may contain anything. */
function statOf(pid: number): string[] {
  return read(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ") ?? [];
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** A process may end at any moment. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
