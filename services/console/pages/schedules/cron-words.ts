import cronstrue from "cronstrue";

/** A cron expression in words, such as "At 02:30, only on Monday"; undefined if the library can't read it. */
export function cronWords(cron: string): string | undefined {
  try {
    return cronstrue.toString(cron, { use24HourTimeFormat: true });
  } catch {
    return undefined;
  }
}
