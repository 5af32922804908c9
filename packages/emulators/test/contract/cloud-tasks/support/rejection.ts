import { status } from "@grpc/grpc-js";

/** How a call failed, in the form of the recordings; code OK when it didn't. */
export interface Rejection {
  readonly code: number;
  readonly message: string;
  readonly details: readonly { readonly type: string; readonly text: string }[];
}

/** Makes a call and tells how it was rejected, with its details as the client decoded them. */
export async function rejectionOf(call: () => Promise<unknown> | undefined): Promise<Rejection> {
  try {
    await call();
    return { code: status.OK, message: "", details: [] };
  } catch (error) {
    if (!isClientError(error)) throw error;
    const { code, message, details, statusDetails = [] } = error;
    // Over gRPC the message has the code before it, and the text alone is in the details; over REST it is the message.
    return { code, message: typeof details === "string" ? details : message, details: statusDetails.map(describe) };
  }
}

interface ClientError extends Error {
  readonly code: number;
  readonly details: unknown;
  readonly statusDetails?: readonly Parameters<typeof describe>[0][];
}

function isClientError(error: unknown): error is ClientError {
  return error instanceof Error && "code" in error && "details" in error;
}

interface HelpDetail {
  readonly links: readonly { readonly description: string; readonly url: string }[];
}

interface LocalizedDetail {
  readonly locale: string;
  readonly message: string;
}

interface ErrorInfoDetail {
  readonly reason: string;
  readonly domain: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * As Go's protobuf library prints them, which is the form of the recordings. The client has decoded them by their type,
 * so which fields they have tells the type.
 */
function describe(detail: HelpDetail | LocalizedDetail | ErrorInfoDetail): Rejection["details"][number] {
  if ("links" in detail) {
    const links = detail.links.map(({ description, url }) => `links:{description:"${description}" url:"${url}"}`);
    return { type: "google.rpc.Help", text: links.join(" ") };
  }
  if ("locale" in detail) {
    const { locale, message } = detail;
    return { type: "google.rpc.LocalizedMessage", text: `locale:"${locale}" message:"${message}"` };
  }
  const metadata = Object.entries(detail.metadata).map(([key, value]) => `${key}: ${value}`);
  return {
    type: "google.rpc.ErrorInfo",
    text: `reason:"${detail.reason}" domain:"${detail.domain}" metadata:{${metadata.toSorted().join(", ")}}`,
  };
}
