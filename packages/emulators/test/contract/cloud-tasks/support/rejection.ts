import { status } from "@grpc/grpc-js";

/** How a call failed, in the form of the recordings. The code is OK if it didn't fail. */
export interface Rejection {
  readonly code: number;
  readonly message: string;
  readonly details: readonly { readonly type: string; readonly text: string }[];
}

/** Makes a call and returns how it failed, with the details as the client decoded them. */
export async function rejectionOf(call: () => Promise<unknown> | undefined): Promise<Rejection> {
  try {
    await call();
    return { code: status.OK, message: "", details: [] };
  } catch (error) {
    if (!isClientError(error)) throw error;
    const { code, message, details, statusDetails = [] } = error;
    // Over gRPC the message starts with the code, and `details` has only the text. Over REST the message is the text.
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
 * Formats a detail like Go's protobuf library, which the recordings use. The client has decoded it by its type, so its
 * fields tell the type.
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
