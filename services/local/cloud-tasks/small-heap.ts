import v8 from "node:v8";

/**
 * Has the garbage collected early rather than late, in the whole process.
 *
 * A burst of calls leaves garbage faster than V8 by default takes pains to collect it: 100,000 waiting tasks of 500
 * bytes need 100 MB, but the process was seen to grow to 520 MB with them; with these settings it stays below 300 MB.
 * The price is up to half of the greatest speed: some 2,500 deliveries a second where there were up to 6,000, when one
 * queue has no more than 500. The settings may be changed in a running process, since they only guide when the next
 * collection comes (https://nodejs.org/api/v8.html#v8setflagsfromstringflags).
 */
export function keepHeapSmall(): void {
  v8.setFlagsFromString("--heap-growing-percent=20");
  v8.setFlagsFromString("--semi-space-growth-factor=1");
}
