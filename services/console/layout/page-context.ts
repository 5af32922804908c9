import { createContext, useContext } from "hono/jsx";
import type { Me } from "../../../packages/client/src/views/service.ts";

/** What any part of a page may need. */
export interface PageContext {
  readonly nowMs: number;
  readonly formToken: string;
  readonly person: Pick<Me, "email" | "role" | "actions">;
}

const Context = createContext<PageContext | undefined>(undefined);

export const ProvidePage = Context.Provider;

/** @throws Error outside a page. */
export function usePage(): PageContext {
  const page = useContext(Context);
  if (!page) throw new Error("A part of a page is rendered outside a page.");
  return page;
}
