import type { FaultFrequency, FaultSet } from "./fault-set.ts";
import type { RpcHandler } from "../rpc/bind-service.ts";
import { RpcCode, type RpcCodeName, RpcError } from "../rpc/rpc-error.ts";

/** A fault of API calls. */
export interface CallFault extends FaultFrequency {
  readonly kind: "call";
  /** The RPC's short name, for example `CreateTask` or `Commit`. */
  readonly method: string;
  /** The status that the caller gets, for example `UNAVAILABLE`. */
  readonly code: CallFaultCode;
  /** Whether the call fails before it takes effect or after. */
  readonly when: "before" | "after";
}

export type CallFaultCode = Exclude<RpcCodeName, "OK">;

/**
 * Checks that the method of a fault exists, if it is a fault of one.
 *
 * @throws RangeError that lists all methods.
 */
export function checkMethod(fault: { readonly kind: string }, methods: Readonly<Record<string, unknown>>): void {
  if (!("method" in fault) || Object.hasOwn(methods, String(fault.method))) return;
  throw new RangeError(`There is no method ${String(fault.method)}. Choose from ${Object.keys(methods).join(", ")}.`);
}

/** Wraps a service's handlers so that faults happen to their calls. */
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
    const fault = faults.isEmpty ? undefined : faults.trigger(`${name} ${calls}`, isMine);
    return fault ? failCall(fault, () => handler(request, () => undefined)) : handler(request, send);
  };
}

async function failCall(fault: CallFault, run: () => unknown): Promise<never> {
  if (fault.when === "after") await run();
  throw callFaultError(fault);
}

/** What the caller sees of a fault. */
export function callFaultError({ method, code, when }: CallFault): RpcError {
  return new RpcError(RpcCode[code], `Injected fault: ${method} fails ${when} it takes effect.`);
}
