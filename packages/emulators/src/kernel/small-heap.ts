import v8 from "node:v8";

/**
 * Has the garbage collected early rather than late, in the whole process.
 *
 * A burst of calls leaves garbage faster than V8 by default takes pains to collect it, and what the heap has once grown
 * to is not given back when it is collected later: with 100,000 waiting tasks of 500 bytes, 100 MB of them alive, the
 * process grew to 450 MiB and more, with these settings to 270 at most. Their price, measured by turns, is a fifth of
 * the tasks that can be created and delivered with as much of a processor (`npm run bench -- cloud-tasks memory`). The
 * settings may be changed in a running process, since they only guide when the next collection comes
 * (https://nodejs.org/api/v8.html#v8setflagsfromstringflags).
 */
export function keepHeapSmall(): void {
  v8.setFlagsFromString("--heap-growing-percent=20");
  v8.setFlagsFromString("--semi-space-growth-factor=1");
}
