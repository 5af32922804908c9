import { onTestFinished } from "vitest";
import { OfflineCloud } from "../../../infra/preview/cloud/offline-cloud.ts";
import { registry } from "../../../shared/tasks/index.ts";
import { type StackKind, exampleFor } from "../../infra/support/graph.ts";
import { endpointsAt } from "../fake-google/endpoints.ts";
import { FakeGoogle } from "../fake-google/fake-google.ts";
import { StandIn } from "../stand-ins/stand-in.ts";
import { WITHOUT_WAITS, serveAs } from "./stand-in-stack.ts";
import { TestStack } from "./test-stack.ts";

/** Accounts that the examples name and don't make. */
const THEIRS = ["shop"];

/** A stack of one kind with Google's own provider, which talks to a fake. Nothing builds images or random bytes. */
export async function providerStack(kind: StackKind) {
  const google = await FakeGoogle.start({ accounts: THEIRS });
  onTestFinished(() => google.stop());
  const attached = await serveAs(new StandIn(new OfflineCloud()), ["docker-build", "random"]);
  const config = { ...exampleFor(kind, registry).config, ...WITHOUT_WAITS };
  const stack = await TestStack.create({ name: kind, config, attached, environment: endpointsAt(google.url) });
  return { stack, google };
}
