import type { FaultFrequency, FaultSet } from "./fault-set.ts";
import type { RpcHandler } from "../rpc/bind-service.ts";
import { RpcCode, RpcError } from "../rpc/rpc-error.ts";

/** A call of the API that fails. */
export interface CallFault extends FaultFrequency {
  readonly kind: "call";
  /** The RPC's short name, for example `CreateTask` or `Commit`. */
  readonly method: string;
  /** What the caller is told, for example `UNAVAILABLE`. */
  readonly code: CallFaultCode;
  /** `before`: nothing has happened; `after`: the call took effect, and its reply was lost. */
  readonly when: "before" | "after";
}

export type CallFaultCode = Exclude<keyof typeof RpcCode, "OK">;

/**
 * Checks that a fault of a call is for a method that there is.
 *
 * @throws RangeError with the names of all methods.
 */
export function checkMethod(fault: { readonly kind: string }, methods: Readonly<Record<string, unknown>>): void {
  if (fault.kind !== "call" || !("method" in fault) || Object.hasOwn(methods, String(fault.method))) return;
  throw new RangeError(`There is no method ${String(fault.method)}; there are ${Object.keys(methods).join(", ")}.`);
}

/** Handlers of a service that fail as the faults say, and else do what they did. */
export function withCallFaults<Fault extends FaultFrequency & { readonly kind: string }>(
  methods: Readonly<Record<string, RpcHandler>>,
  faults: FaultSet<Fault | CallFault>,
): Record<string, RpcHandler> {
  return Object.fromEntries(Object.entries(methods).map(([name, handler]) => [name, faulty(name, handler, faults)]));
}

function faulty<Fault extends FaultFrequency & { readonly kind: string }>(
  name: string,
  handler: RpcHandler,
  faults: FaultSet<Fault | CallFault>,
): RpcHandler {
  let calls = 0;
  const isMine = (fault: Fault | CallFault): fault is CallFault =>
    fault.kind === "call" && "method" in fault && fault.method === name;
  return (request, send) => {
    calls += 1;
    const fault = faults.isEmpty ? undefined : faults.strike(`${name} ${calls}`, isMine);
    return fault ? failCall(fault, () => handler(request, () => undefined)) : handler(request, send);
  };
}

async function failCall({ method, code, when }: CallFault, run: () => unknown): Promise<never> {
  if (when === "after") await run();
  throw new RpcError(RpcCode[code], `An injected fault: ${method} fails ${when} it takes effect.`);
}
