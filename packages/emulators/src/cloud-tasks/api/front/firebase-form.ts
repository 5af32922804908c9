/**
 * A response in the form of Firebase's emulator, for paths without a version, which only Firebase's SDKs call: a created
 * task is in a field, and its name begins with a slash. The SDK for Python reads it
 * (https://github.com/firebase/firebase-admin-python, functions.py, `enqueue`).
 */
export function firebaseForm(rpc: string, response: object): object {
  if (rpc !== "CreateTask") return response;
  const task = new Map<string, unknown>(Object.entries(response));
  return { task: { ...response, name: `/${String(task.get("name"))}` } };
}
