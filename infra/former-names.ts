import type { Alias } from "@pulumi/pulumi";

/**
 * What resources were called by earlier revisions. Pulumi finds by it what a stack has already; without it, it would
 * make another one and delete the first (https://www.pulumi.com/docs/iac/concepts/resources/options/aliases/). The
 * children of a component follow it.
 */
export const FORMER_COMPONENTS: ReadonlyMap<string, readonly Alias[]> = new Map([
  ["task-secrets", [{ type: "handoff:infra:SigningSecret", name: "signing-secret" }]],
]);

/** Grants on a task's secret, by their names. Deleting one of two grants that say the same would take it away. */
export const FORMER_GRANTS: ReadonlyMap<string, readonly Alias[]> = new Map([
  ["worker-webhook-signing-secret", [{ name: "worker-signing-secret" }]],
]);
