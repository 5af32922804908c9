import * as pulumi from "@pulumi/pulumi";
import { provisionDeployer } from "./deployer.ts";
import { parseDeployerSettings } from "./deployer-settings.ts";

/** The Pulumi program for one environment: what its workflows need, and nothing that they may change. */
export const { github, secretsProvider } = provisionDeployer(parseDeployerSettings(pulumi.runtime.allConfig()));
