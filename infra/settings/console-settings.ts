import { oneOf } from "./setting-values.ts";
import { subnet } from "./worker-settings.ts";

/** Whether there is a console, and how people reach it. */
export const consoleFields = {
  /**
   * `cloud-run`: operators and viewers reach it with `gcloud run services proxy`, in any project. `iap`: at its own
   * URL, behind Identity-Aware Proxy, which requires people and project to be in one organisation. `off`: no console.
   */
  console: oneOf("cloud-run", "iap", "off").default("cloud-run"),
  /**
   * The subnet for the console's requests: its name, or its path if it is in another project. A producer whose
   * `producerIngress` is internal accepts no other requests.
   */
  consoleSubnet: subnet.optional(),
};

/** How the console identifies people. */
export type ConsoleIdentity = "cloud-run" | "iap";

interface ConsoleSettings {
  readonly console: ConsoleIdentity | "off";
  readonly consoleSubnet?: string | undefined;
  readonly producerIngress: "all" | "internal";
}

/** Settings that keep the console from reaching the producer, or have no effect: path and sentence of each. */
export function consoleProblems(settings: ConsoleSettings): readonly { path: [string]; message: string }[] {
  const { console: reachedBy, consoleSubnet, producerIngress } = settings;
  if (reachedBy === "off") {
    if (consoleSubnet === undefined) return [];
    return [{ path: ["consoleSubnet"], message: "has no effect, since handoff:console is off: leave it out" }];
  }
  if (consoleSubnet !== undefined || producerIngress === "all") return [];
  const message =
    "is needed with handoff:producerIngress internal, since the console reaches such a producer only from a VPC network. " +
    "Name a subnet with Private Google Access, or set handoff:console to off";
  return [{ path: ["consoleSubnet"], message }];
}
