import type { HttpMethod } from "../state/task.ts";

/** By their numbers in the proto. 0 is unspecified and means POST. */
export const HTTP_METHODS: readonly HttpMethod[] = ["POST", "POST", "GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"];

const WITH_BODY: ReadonlySet<HttpMethod> = new Set(["POST", "PUT", "PATCH"]);

/** Whether a request with this method can have a body. */
export const allowsBody = (method: HttpMethod): boolean => WITH_BODY.has(method);
