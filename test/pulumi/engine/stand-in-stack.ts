import { onTestFinished } from "vitest";
import { OfflineCloud } from "../../../infra/preview/cloud/offline-cloud.ts";
import { registry } from "../../../shared/tasks/index.ts";
import { type StackKind, exampleFor } from "../../infra/support/graph.ts";
import { serveProvider } from "../stand-ins/provider-server.ts";
import { StandIn } from "../stand-ins/stand-in.ts";
import { wantedVersion } from "./wanted-plugins.ts";
import { TestStack } from "./test-stack.ts";

/** Nothing has to settle, so nothing waits. */
export const WITHOUT_WAITS = { "handoff:grantSettleSeconds": "0" };

/** A stack of one kind whose providers are all stood in for. */
export async function standInStack(
  kind: StackKind,
  {
    source,
    config = { ...exampleFor(kind, registry).config, ...WITHOUT_WAITS },
  }: { readonly source?: string; readonly config?: Readonly<Record<string, string>> } = {},
) {
  const cloud = new OfflineCloud();
  const standIn = new StandIn(cloud);
  const attached = await serveAs(standIn, ["gcp", "docker-build", "random"]);
  const stack = await TestStack.create({ name: kind, config, attached, ...(source === undefined ? {} : { source }) });
  return { stack, standIn, cloud };
}

/** Serves a stand-in as the providers of these packages, in the versions that the program wants. Returns their ports. */
export async function serveAs(standIn: StandIn, packages: readonly string[]): Promise<Record<string, number>> {
  const ports: Record<string, number> = {};
  for (const name of packages) {
    const server = await serveProvider(standIn, { version: wantedVersion(name) });
    onTestFinished(() => server.stop());
    ports[name] = server.port;
  }
  return ports;
}
