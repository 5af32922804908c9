import type { RunOptions } from "../../../../infra/preview/run-program.ts";

/** A program to run in the host's process, against an engine that listens elsewhere. */
export interface HostedRun {
  readonly stack: string;
  /** The engine, as host:port. */
  readonly address: string;
  readonly isPreview: boolean;
  readonly config: Readonly<Record<string, string>>;
  readonly secretKeys: readonly string[];
  /** The folder with the program's package.json. */
  readonly program: string;
}

/** How it ended: an error's message, if it failed. */
export interface HostedEnd {
  readonly error?: string;
}

/** A program to run against an engine of the host's own, without faults, in a cloud that is empty. */
export interface RecordedRun extends Pick<RunOptions, "stack" | "mode" | "config" | "secretKeys"> {
  /** The program's text; default: the deployed program. */
  readonly source?: string;
}

/** Where the host is asked for each of the two. */
export const HOSTED_PATH = "/hosted";
export const RECORDED_PATH = "/recorded";

declare module "vitest" {
  interface ProvidedContext {
    /** The address of the process that runs Pulumi programs. */
    readonly programHost: string;
  }
}
