import type { RawRequest } from "../../../harness/network/raw-http.ts";
import { CANARY } from "../../../harness/auth/secrets.ts";
import { AUDIENCE, INVOKER, KEY } from "../../../harness/auth/token-rules.ts";
import { identityClaims, type SigningKey, signToken } from "../../../harness/auth/tokens.ts";
import { sealTask } from "../../../harness/worker/worker-harness.ts";
import { type Ends, fuzzType } from "./fuzzed-worker.ts";

type Fields = Readonly<Record<string, unknown>>;
type Header = readonly [name: string, value: string];

/** A delivery before it goes on the wire, in the parts that mutations change. */
export interface Draft {
  readonly method: string;
  readonly target: string;
  /** All headers except Authorization and the framing. */
  readonly headers: readonly Header[];
  readonly key: SigningKey;
  /** Overrides for the usual header of a token. */
  readonly tokenHeader: Fields;
  readonly claims: Fields;
  readonly editToken: (token: string) => string;
  readonly authorization: (token: string) => readonly Header[];
  readonly envelope: Fields;
  readonly editBody: (body: Buffer) => Buffer;
  readonly isChunked: boolean;
}

/** A valid delivery at that time, of a task whose handler ends as told. */
export function validDraft({ ends, nowMs }: { ends: Ends; nowMs: number }): Draft {
  const envelope = sealTask(fuzzType, { text: CANARY, ends });
  return {
    method: "POST",
    target: `/tasks/${envelope.type}`,
    headers: [
      ["host", "worker.example.com"],
      ["content-type", "application/json"],
      ["user-agent", "Google-Cloud-Tasks"],
      ["x-cloudtasks-queuename", "default-queue"],
      ["x-cloudtasks-taskname", envelope.id],
      ["x-cloudtasks-taskretrycount", "0"],
      ["x-cloudtasks-tasketa", "1767322800.000000"],
    ],
    key: KEY,
    tokenHeader: {},
    claims: identityClaims({ audience: AUDIENCE, email: INVOKER, nowMs }),
    editToken: (token) => token,
    authorization: (token) => [["authorization", `Bearer ${token}`]],
    envelope,
    editBody: (body) => body,
    isChunked: false,
  };
}

/**
 * The draft on the wire, with its token. The framing comes first and is always correct, so no request waits for more.
 */
export function render(draft: Draft): { request: RawRequest; token: string } {
  const token = draft.editToken(signToken(draft.key, draft.claims, draft.tokenHeader));
  const body = draft.editBody(Buffer.from(JSON.stringify(draft.envelope)));
  const framing: Header = draft.isChunked ? ["transfer-encoding", "chunked"] : ["content-length", String(body.length)];
  return {
    token,
    request: {
      method: draft.method,
      target: draft.target,
      headers: [["connection", "close"], framing, ...draft.headers, ...draft.authorization(token)],
      body: draft.isChunked ? inChunks(body) : body,
    },
  };
}

/** Replaces every header of that name, in any case, by this one. */
export function setHeader(draft: Draft, name: string, value: string | undefined): Draft {
  const kept = draft.headers.filter(([other]) => other.toLowerCase() !== name);
  return { ...draft, headers: value === undefined ? kept : [...kept, [name, value]] };
}

function inChunks(body: Buffer): Buffer {
  const end = Buffer.from("0\r\n\r\n");
  if (body.length === 0) return end;
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from("\r\n"), end]);
}
