import type { Command } from "commander";
import type { Client } from "../client.ts";
import type { RetryLimits } from "../options.ts";
import { clientOver } from "../create-client.ts";
import { connect } from "../http/connection.ts";
import type { TokenSource } from "../tokens.ts";
import { chooseTokens } from "./auth/choose-tokens.ts";
import { UsageError } from "./exit.ts";
import { type Output, createOutput } from "./output/output.ts";
import type { Surroundings } from "./surroundings.ts";

/** The producer's address under `npm start`. */
const LOCAL_URL = "http://127.0.0.1:8080";

/** Nobody likes to wait: a refusal is reported within a second or two, silence after 30 s. */
const QUICK: RetryLimits = { tries: 3, totalMs: 30_000 };

/** The options that every command has. */
export interface CommonOptions {
  readonly url?: string;
  readonly impersonate?: string;
  readonly json?: boolean;
}

/** What a command works with. */
export interface Session {
  readonly surroundings: Surroundings;
  readonly options: CommonOptions;
  readonly output: Output;
  /** The producer's address. */
  readonly url: URL;
  /**
   * Creates a client of the producer, with a token if it needs one. Nothing is sent before this is called.
   *
   * @param retry the limits on retries. Default: as long as a person likes to wait.
   */
  readonly connect: (retry?: RetryLimits) => Promise<Client>;
}

/** @throws UsageError when the producer's address is invalid. */
export function openSession(command: Command, surroundings: Surroundings): Session {
  const options = command.optsWithGlobals<CommonOptions>();
  const url = readUrl(options.url ?? (surroundings.env["HANDOFF_URL"] || LOCAL_URL));
  return {
    surroundings,
    options,
    output: createOutput(surroundings, options.json === true),
    url,
    async connect(retry) {
      const { tokens } = await chooseTokens({ url, impersonate: options.impersonate }, surroundings);
      return clientWith({ url, tokens, retry }, surroundings);
    },
  };
}

/** A client of a producer. By default, retries end when a person would stop waiting. */
export function clientWith(
  {
    url,
    tokens,
    retry = QUICK,
  }: { readonly url: URL; readonly tokens: TokenSource | null; readonly retry?: RetryLimits | undefined },
  { clock }: Pick<Surroundings, "clock">,
): Client {
  return clientOver(connect({ url, auth: tokens, retry }, { clock, random: Math.random }));
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isAddress = url && ["http:", "https:"].includes(url.protocol) && url.pathname === "/" && url.username === "";
  if (isAddress && url.search === "" && url.hash === "") return url;
  throw new UsageError("--url or HANDOFF_URL must be the producer's address: http or https, without a path.");
}
