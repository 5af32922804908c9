import { createHmac, sign } from "node:crypto";
import {
  type Endpoint,
  endpointHmacKey,
  endpointSigningKey,
  type SignatureScheme,
} from "../../../../shared/auth/endpoint-keys.ts";
import type { Master } from "../../../../shared/auth/webhook-masters.ts";

/** What messages are signed with. */
export interface Signing {
  /** The newest first. A message is signed with keys from each. */
  readonly masters: readonly Master[];
  readonly schemes: readonly SignatureScheme[];
  /** Whether it is also signed with the last master itself, which is what subscribers used to verify with. */
  readonly signsWithMaster: boolean;
}

/** The parts of a message that are signed. */
export interface Message {
  readonly id: string;
  readonly timestampS: number;
  readonly body: string;
}

/**
 * The value of `webhook-signature`: a signature for each master and scheme, with a space between them. A subscriber
 * accepts a message if one of them is good (https://github.com/standard-webhooks/standard-webhooks).
 */
export function signatures(
  { masters, schemes, signsWithMaster }: Signing,
  endpoint: Endpoint,
  message: Message,
): string {
  const content = Buffer.from(`${message.id}.${message.timestampS}.${message.body}`);
  const derived = schemes.flatMap((scheme) =>
    masters.map((master) =>
      scheme === "v1"
        ? hmac(endpointHmacKey(master, endpoint), content)
        : `v1a,${sign(null, content, endpointSigningKey(master, endpoint)).toString("base64")}`,
    ),
  );
  const bare = signsWithMaster ? masters.slice(-1).map((master) => hmac(master, content)) : [];
  return [...derived, ...bare].join(" ");
}

function hmac(key: Uint8Array, content: Uint8Array): string {
  return `v1,${createHmac("sha256", key).update(content).digest("base64")}`;
}
