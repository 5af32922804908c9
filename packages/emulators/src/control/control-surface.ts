import type http from "node:http";

/** Handles a request under `/_emulator/`. */
export type ControlListener = (request: http.IncomingMessage, response: http.ServerResponse) => void;

const PREFIX = "/_emulator/";

/**
 * Serves `/_emulator/`. The code is loaded on the first request, since most users are in the emulator's own process and
 * wait for it to start.
 *
 * @param load creates the listener.
 * @returns a function that handles a request, or returns false when the request is for something else.
 */
export function createControlSurface(
  load: () => Promise<ControlListener>,
): (request: http.IncomingMessage, response: http.ServerResponse) => boolean {
  let listener: Promise<ControlListener> | undefined;
  return (request, response) => {
    if (!request.url?.startsWith(PREFIX)) return false;
    listener ??= load();
    listener.then(
      (handle) => handle(request, response),
      () => response.writeHead(500).end(),
    );
    return true;
  };
}
