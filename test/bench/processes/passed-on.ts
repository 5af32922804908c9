/**
 * The variables of ours that a measured process gets besides its own: where programs are, and where Node keeps what it has
 * compiled. The bench as people run it has no such folder, so a first start is one; the tests have one.
 */
export function passedOn(): Readonly<Record<string, string>> {
  const names = ["PATH", "NODE_COMPILE_CACHE", "NODE_COMPILE_CACHE_PORTABLE"];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
