import path from "node:path";

/** What no run may take from whoever starts it: the account, the project and the backend of a real stack. */
const NOT_THEIRS = [
  "CLOUDSDK_CORE_PROJECT",
  "GCLOUD_PROJECT",
  "GOOGLE_APPLICATION_CREDENTIALS",
  "GOOGLE_BACKEND_CREDENTIALS",
  "GOOGLE_CLOUD_PROJECT",
  "GOOGLE_CREDENTIALS",
  "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT",
  "GOOGLE_PROJECT",
  "PULUMI_ACCESS_TOKEN",
  "PULUMI_CONFIG_PASSPHRASE_FILE",
  "PULUMI_STACK",
];

/** Pulumi's settings (https://www.pulumi.com/docs/iac/cli/environment-variables/) for a stack whose state is in a folder. */
export function pulumiEnvironment({ folder, attached }: Attached): Record<string, string> {
  return {
    ...Object.fromEntries(NOT_THEIRS.map((name) => [name, ""])),
    PULUMI_BACKEND_URL: `file://${folder}`,
    PULUMI_CONFIG_PASSPHRASE: "test",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_DEBUG_PROVIDERS: Object.entries(attached)
      .map(([name, port]) => `${name}:${port}`)
      .join(","),
    // The program runs on the Node that runs this.
    PATH: [path.dirname(process.execPath), process.env["PATH"]].join(path.delimiter),
  };
}

interface Attached {
  /** Where the state is. */
  readonly folder: string;
  /** Providers that are running already: their ports by their packages. */
  readonly attached: Readonly<Record<string, number>>;
}
