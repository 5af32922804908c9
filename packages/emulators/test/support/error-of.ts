/** What a call throws, which must be of a class. */
export function errorOf<T extends Error>(call: () => unknown, type: new (...parameters: never[]) => T): T {
  try {
    call();
  } catch (error) {
    if (error instanceof type) return error;
    throw error;
  }
  throw new Error("The call should have failed.");
}
