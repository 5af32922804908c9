import type { Json } from "../../../../shared/contract/any-json.ts";

/** A task that is enqueued by the clock. Times are RFC 3339 in UTC. */
export interface Schedule {
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
  /** The type of its tasks. */
  readonly type: string;
  /** Whether every missed time fires later, rather than only the latest. */
  readonly catchUp: boolean;
  /** `off`: the stack's setting `handoff:schedulesOff` lists it. */
  readonly state: "active" | "paused" | "off";
  /** When it is due next. Empty while it is paused or off. */
  readonly nextAt: readonly string[];
  /** The last time at which it was due and fired. */
  readonly lastFiredAt?: string;
  /** Its tasks' payload, for operators. */
  readonly payload?: Json;
  readonly links: { readonly lastTask?: string };
}
