import type { GoogleAuth } from "google-auth-library";

/** Creates an identity token for an audience. */
export type TokenSource = (audience: string) => string | Promise<string>;

/**
 * Google's identity tokens for the application's own account. The first call loads the library, which caches each token
 * until shortly before it expires.
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
      // The next call tries again.
      clients.delete(audience);
      throw error;
    }
  };
}

async function load(): Promise<GoogleAuth> {
  const { GoogleAuth: Auth } = await import("google-auth-library");
  return new Auth();
}
