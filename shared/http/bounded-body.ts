/** The result of reading a body. */
export type BoundedBody =
  | { readonly kind: "read"; readonly bytes: Uint8Array }
  | { readonly kind: "too-large" }
  /** The connection failed before the end: the sender hung up, was too slow or broke the framing. */
  | { readonly kind: "broken-off" };

/**
 * Reads a request's body into memory, up to `maxBytes` bytes. If Content-Length announces more, nothing is read. A body
 * without one is cancelled as soon as it exceeds the limit. Never throws.
 */
export async function readRequestBody(request: Request, maxBytes: number): Promise<BoundedBody> {
  const announced = request.headers.get("content-length");
  if (announced === null || !(Number(announced) <= maxBytes)) return await readBounded(request, maxBytes);
  try {
    // The HTTP server ends a body at its Content-Length. `arrayBuffer` costs a third of what a stream does.
    const bytes = new Uint8Array(await request.arrayBuffer());
    return bytes.byteLength > maxBytes ? { kind: "too-large" } : { kind: "read", bytes };
  } catch {
    return { kind: "broken-off" };
  }
}

/**
 * Reads the body of a request or response into memory, up to `maxBytes` bytes. If Content-Length announces more,
 * nothing is read. A body that exceeds the limit is cancelled. Never throws.
 */
export async function readBounded(
  { headers, body }: Pick<Request | Response, "headers" | "body">,
  maxBytes: number,
): Promise<BoundedBody> {
  if (Number(headers.get("content-length") ?? 0) > maxBytes) return { kind: "too-large" };
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) return { kind: "too-large" };
      chunks.push(chunk);
    }
  } catch {
    return { kind: "broken-off" };
  }
  return { kind: "read", bytes: Buffer.concat(chunks) };
}
