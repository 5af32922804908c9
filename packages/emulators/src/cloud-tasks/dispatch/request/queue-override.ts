import type { QueueTarget, UriOverride } from "../../state/queue-target.ts";
import type { HttpTarget, Task } from "../../state/task.ts";
import { cleanValue } from "../../wire/header-rules.ts";
import { allowsBody } from "../../wire/http-methods.ts";

/** The numbers of UriOverride.Scheme, and of UriOverrideEnforceMode. */
const SCHEME_HTTP = 1;
const IF_NOT_EXISTS = 1;
const MAX_PORT = 65_535;

/**
 * A task as it is delivered: with what its queue's target changes in its request
 * (https://cloud.google.com/tasks/docs/configuring-queues#routing), whenever either was created.
 *
 * @throws RangeError when the request that results can't be sent. The attempt fails then, as in the service.
 */
export function withQueueTarget(task: Task, queueTarget: QueueTarget | undefined): Task {
  if (!queueTarget) return task;
  const target = overridden(task.target, queueTarget);
  if (task.body.length > 0 && !allowsBody(target.method)) {
    throw new RangeError(`A request with the method ${target.method} can't have a body.`);
  }
  return { ...task, target };
}

/** Equal inputs are one object each, so that the results can be shared, too. */
const known = new WeakMap<QueueTarget, WeakMap<HttpTarget, HttpTarget>>();

function overridden(target: HttpTarget, by: QueueTarget): HttpTarget {
  const results = known.get(by) ?? new WeakMap<HttpTarget, HttpTarget>();
  known.set(by, results);
  const result = results.get(target) ?? override(target, by);
  results.set(target, result);
  return result;
}

function override(target: HttpTarget, by: QueueTarget): HttpTarget {
  const replaced = new Set(by.headers.map(([name]) => name.toLowerCase()));
  const kept = target.headers.filter(([name]) => !replaced.has(name.toLowerCase()));
  const token = by.token ?? target.token;
  return {
    url: overriddenUrl(target.url, by.uri),
    method: by.method ?? target.method,
    headers: [...kept, ...by.headers.map(([name, value]) => [name, cleanValue(value)] as const)],
    // By default a token is for the task's own URL, whatever it is overridden with.
    ...(token ? { token: token.kind === "oidc" ? { ...token, audience: token.audience ?? target.url } : token } : {}),
  };
}

/** Every task has a URL, so an override for tasks without one changes nothing. */
function overriddenUrl(task: string, uri: UriOverride | undefined): string {
  if (!uri || uri.enforceMode === IF_NOT_EXISTS) return task;
  const url = new URL(task);
  if (uri.scheme !== undefined) url.protocol = uri.scheme === SCHEME_HTTP ? "http:" : "https:";
  if (uri.host !== undefined) url.hostname = uri.host;
  if (uri.port !== undefined) {
    if (Number(uri.port) > MAX_PORT) throw new RangeError(`${uri.port} is not a port.`);
    url.port = uri.port === "0" ? "" : uri.port;
  }
  if (uri.path !== undefined) url.pathname = uri.path;
  if (uri.query !== undefined) url.search = uri.query;
  return url.href;
}
