import type { RequestListener, ServerResponse } from "node:http";
import { httpStatusOf } from "../rpc/http-status.ts";
import { RpcError, codeName } from "../rpc/rpc-error.ts";
import type { Databases } from "./databases.ts";

const CLEAR = /^\/emulator\/v1\/(projects\/[^/]+\/databases\/[^/]+)\/documents$/;

/**
 * Serves HTTP/1.1: `GET /` for readiness, and `DELETE` of a database's documents. `control` serves `/_emulator/`.
 */
export function httpRoutes(
  databases: Databases,
  control: (...exchange: Parameters<RequestListener>) => boolean,
): RequestListener {
  return (request, response) => {
    if (control(request, response)) return;
    request.resume();
    const path = decodePath(request.url ?? "/");
    const database = CLEAR.exec(path)?.[1];
    if (request.method === "GET" && path === "/") {
      response.writeHead(200, { "content-type": "text/plain" }).end("Ok\n");
    } else if (request.method === "DELETE" && database !== undefined) {
      clear(databases, database, response);
    } else {
      const message = "The Firestore REST API is not part of this emulator.";
      respondWithJson(response, 404, { error: { code: 404, status: "NOT_FOUND", message } });
    }
  };
}

function clear(databases: Databases, database: string, response: ServerResponse): void {
  try {
    databases.clear((path) => path === database);
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    const status = httpStatusOf(error.code);
    respondWithJson(response, status, {
      error: { code: status, status: codeName(error.code), message: error.message },
    });
    return;
  }
  respondWithJson(response, 200, {});
}

/** The path without its query. A path that can't be decoded is empty, and matches nothing. */
function decodePath(url: string): string {
  const [path = ""] = url.split("?");
  try {
    return decodeURIComponent(path);
  } catch {
    return "";
  }
}

function respondWithJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
