import type { ExpectStatic } from "vitest";
import { taskMatchers } from "./cloud-tasks/testing/matchers.ts";

type Rest<Matcher> = Matcher extends (emulator: never, ...expected: infer Expected) => unknown ? Expected : never;

declare module "vitest" {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> {
    /** A worker answered one of the task's attempts with 2xx. On an emulator: `expect(tasks).toHaveBeenDelivered(name)`. */
    toHaveBeenDelivered(...expected: Rest<(typeof taskMatchers)["toHaveBeenDelivered"]>): R;
    /** The task failed and was put back to be tried again. On an emulator: `expect(tasks).toHaveRetried(name)`. */
    toHaveRetried(...expected: Rest<(typeof taskMatchers)["toHaveRetried"]>): R;
  }
}

/** Adds the matchers to vitest's `expect`; to be called in a setup file, or at the top of a test file. */
export function addTaskMatchers(expect: ExpectStatic): void {
  expect.extend(taskMatchers);
}
