import type { GoogleAuth } from "google-auth-library";

/** Makes an identity token for an audience. */
export type TokenSource = (audience: string) => string | Promise<string>;

/**
 * Google's identity tokens, of the application's own account. The library is loaded by the first call; it keeps each token
 * until it is about to expire.
 */
export function googleTokens(): TokenSource {
  let loaded: Promise<GoogleAuth> | undefined;
  const clients = new Map<string, ReturnType<GoogleAuth["getIdTokenClient"]>>();
  return async (audience) => {
    loaded ??= load();
    const auth = await loaded;
    const client = clients.get(audience) ?? auth.getIdTokenClient(audience);
    clients.set(audience, client);
    try {
      const headers = await (await client).getRequestHeaders();
      return (headers.get("authorization") ?? "").replace(/^Bearer /, "");
    } catch (error) {
      // The next call starts anew.
      clients.delete(audience);
      throw error;
    }
  };
}

async function load(): Promise<GoogleAuth> {
  const { GoogleAuth: Auth } = await import("google-auth-library");
  return new Auth();
}
