import { DELIVERY_CASES } from "./delivery-cases.ts";
import { FLOW_CASES } from "./flow-cases.ts";
import { PROGRAM_CASES } from "./program-cases.ts";
import { SLOW_CASES, SOCKET_CASES } from "./socket-cases.ts";
import { TOKEN_CASES } from "./token-cases.ts";
import { WEBHOOK_CASES } from "./webhook-cases.ts";

/** Every test of hostile input that the worker must survive. */
export const HOSTILE_CASES = [
  ...TOKEN_CASES,
  ...DELIVERY_CASES,
  ...FLOW_CASES,
  ...SOCKET_CASES,
  ...SLOW_CASES,
  ...WEBHOOK_CASES,
  ...PROGRAM_CASES,
];
