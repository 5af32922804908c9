import { readFileSync } from "node:fs";

/** A process's resident memory in MiB, now and at its highest; 0 where there is no /proc. */
export function residentMib(pid: number): { now: number; highest: number } {
  const status = statusOf(pid);
  const kib = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? 0);
  return { now: kib("VmRSS") / 1024, highest: kib("VmHWM") / 1024 };
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return "";
  }
}
