import type http from "node:http";
import { type RequestHead, refuseForeignHost, refuseForeignPage } from "./foreign-request.ts";

/**
 * Keeps web pages away from an HTTP/1.1 listener: it gets no request that a browser sends for a page elsewhere, none to a
 * name with a dot that isn't allowed, and none with a body in a form other than JSON, since that is what a page can send
 * without asking first (https://fetch.spec.whatwg.org/#cors-safelisted-request-header).
 *
 * @param allowedNames as `parseHostName` returns them.
 */
export function guardAgainstPages(
  listener: http.RequestListener,
  allowedNames: ReadonlySet<string>,
): http.RequestListener {
  return (request, response) => {
    const head = headOf(request);
    const refusal =
      refuseForeignHost(head, allowedNames) ?? refuseForeignPage(head, "http") ?? refuseOtherThanJson(request);
    if (!refusal) {
      listener(request, response);
      return;
    }
    request.resume();
    const { status, detail } = refusal;
    response.writeHead(status, {
      "Content-Type": "application/json; charset=UTF-8",
      "X-Content-Type-Options": "nosniff",
    });
    const error = { code: status, message: detail, status: status === 403 ? "PERMISSION_DENIED" : "INVALID_ARGUMENT" };
    response.end(`${JSON.stringify({ error }, undefined, 2)}\n`);
  };
}

function headOf({ url = "/", headersDistinct }: http.IncomingMessage): RequestHead {
  return { target: url, header: (name) => headersDistinct[name] ?? [] };
}

/** The bodies of other methods are never read. */
const METHODS_WITH_BODY = new Set(["POST", "PUT", "PATCH"]);
/** Cloud Tasks buffers a body of any kind (https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks/buffer). */
const TAKES_ANY_BODY = /:buffer(?:\?|$)/;
const JSON_TYPE = /^application\/json\s*(;|$)/i;

function refuseOtherThanJson({ method = "", url = "", headersDistinct, headers }: http.IncomingMessage) {
  if (!METHODS_WITH_BODY.has(method) || TAKES_ANY_BODY.test(url)) return undefined;
  const types = headersDistinct["content-type"] ?? [];
  const hasBody = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
  if (types.length === 0 && !hasBody) return undefined;
  if (types.length === 1 && types.every((type) => JSON_TYPE.test(type))) return undefined;
  return { status: 415, detail: "Send the body with Content-Type: application/json." };
}
