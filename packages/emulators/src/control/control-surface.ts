import type http from "node:http";

/** Answers a request of `/_emulator/`. */
export type ControlListener = (request: http.IncomingMessage, response: http.ServerResponse) => void;

const PREFIX = "/_emulator/";

/**
 * What is under `/_emulator/`, loaded with the first request for it: most of an emulator's users are in its own process
 * and wait for its start.
 *
 * @param load makes the listener.
 * @returns a function that answers a request and says so, or says that the request is for something else.
 */
export function createControlSurface(
  load: () => Promise<ControlListener>,
): (request: http.IncomingMessage, response: http.ServerResponse) => boolean {
  let listener: Promise<ControlListener> | undefined;
  return (request, response) => {
    if (!request.url?.startsWith(PREFIX)) return false;
    listener ??= load();
    listener.then(
      (answer) => answer(request, response),
      () => response.writeHead(500).end(),
    );
    return true;
  };
}
