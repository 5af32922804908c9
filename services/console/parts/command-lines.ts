/** A task for a command to enqueue. */
interface CommandTask {
  readonly producerUrl: string;
  readonly type: string;
  readonly payload: unknown;
}

/** A shell command that enqueues a task, for use in this repository. */
export function enqueueByCli({ producerUrl, type, payload }: CommandTask): string {
  return `npx handoff enqueue ${type} --url ${producerUrl} --payload ${quoted(JSON.stringify(payload))}`;
}

/** The same for any shell that has curl, and gcloud if the producer requires a token. */
export function enqueueByCurl({ producerUrl, type, payload }: CommandTask): string {
  const needsToken = producerUrl.startsWith("https:");
  return [
    `curl -i ${producerUrl}/v1/tasks`,
    ...(needsToken ? [`-H "authorization: Bearer $(gcloud auth print-identity-token)"`] : []),
    "-H 'content-type: application/json'",
    `-d ${quoted(JSON.stringify({ type, payload }))}`,
  ].join(" \\\n  ");
}

/** Quotes a text as one word of a shell command. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
