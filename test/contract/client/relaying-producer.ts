import { listenAsProducer } from "../../harness/client/scripted-producer.ts";

/**
 * A producer's port that keeps what it is asked to relay.
 *
 * @param options.answer the status of its responses; null: it never responds.
 */
export async function listenForRelays({ answer = 204 }: { readonly answer?: number | null } = {}) {
  const requests: RelayRequest[] = [];
  const { url } = await listenAsProducer(({ path, headers, body }) => {
    const { ids }: { ids: string[] } = JSON.parse(body);
    requests.push({ path, authorization: headers.authorization, ids });
    return answer === null ? "never" : { status: answer };
  });
  return { url, requests };
}

/** A request to relay, as it came in. */
interface RelayRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly ids: readonly string[];
}
