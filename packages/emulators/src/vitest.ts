import { taskMatchers } from "./cloud-tasks/testing/matchers.ts";

type Arguments<Matcher> = Matcher extends (emulator: never, ...expected: infer Expected) => unknown ? Expected : never;

declare global {
  // Vitest's assertions have what Chai's have. Unlike the module "vitest", a global namespace is the same for whoever
  // imports this file, whichever copy of vitest is found from here.
  namespace Chai {
    interface Assertion {
      /** A worker responded 2xx to one of the task's attempts. On an emulator: `expect(tasks).toHaveSucceeded(name)`. */
      toHaveSucceeded(...expected: Arguments<(typeof taskMatchers)["toHaveSucceeded"]>): void;
      /** A worker responded to one of the task's attempts. On an emulator: `expect(tasks).toHaveBeenDelivered(name)`. */
      toHaveBeenDelivered(...expected: Arguments<(typeof taskMatchers)["toHaveBeenDelivered"]>): void;
      /** The task failed and was put back to be tried again. On an emulator: `expect(tasks).toHaveRetried(name)`. */
      toHaveRetried(...expected: Arguments<(typeof taskMatchers)["toHaveRetried"]>): void;
    }
  }
}

/** Adds the matchers to vitest's `expect`. Call it in a setup file, or at the top of a test file. */
export function addTaskMatchers(expect: { extend(matchers: typeof taskMatchers): unknown }): void {
  expect.extend(taskMatchers);
}
