import { Idiomorph } from "idiomorph";
import { showScriptParts } from "./copy.ts";
import { tellTimes } from "./times.ts";

/** How long a refresh may take, in milliseconds. */
const TIMEOUT_MS = 15_000;
/** After failures the page asks less often, down to once in this many milliseconds. */
const SLOWEST_MS = 60_000;

/** Refreshes the page while somebody can see it, until its button pauses it. Nothing that a person has touched is changed. */
export function startLive(): void {
  const main = document.querySelector<HTMLElement>("main[data-live]");
  const button = document.querySelector<HTMLButtonElement>("#live");
  if (!main || !button) return;
  const everyMs = Number(main.dataset["live"]) * 1_000;
  let waitMs = everyMs;
  let isPaused = false;
  let timer: number | undefined;
  const showState = (hasFailed: boolean): void => {
    button.hidden = false;
    button.setAttribute("aria-pressed", String(!isPaused));
    button.textContent = isPaused ? "Paused" : hasFailed ? "Not reached" : "Live";
    button.classList.toggle("failed", hasFailed);
  };
  const plan = (): void => {
    clearTimeout(timer);
    if (!isPaused && !document.hidden) timer = setTimeout(() => void refresh(), waitMs);
  };
  const refresh = async (): Promise<void> => {
    const outcome = await fetchMain();
    if (isPaused) return;
    // A page that has ended says so by not being live any more.
    if (outcome.kind === "page") morph(main, outcome.main);
    if (outcome.kind === "page" && outcome.main.dataset["live"] === undefined) {
      button.hidden = true;
      return;
    }
    const hasFailed = outcome.kind === "failed";
    waitMs = hasFailed ? Math.min(waitMs * 2, SLOWEST_MS) : everyMs;
    showState(hasFailed);
    plan();
  };
  button.addEventListener("click", () => {
    isPaused = !isPaused;
    waitMs = everyMs;
    showState(false);
    if (isPaused) clearTimeout(timer);
    else void refresh();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else if (!isPaused) void refresh();
  });
  showState(false);
  plan();
}

type Fetched = { readonly kind: "page"; readonly main: HTMLElement } | { readonly kind: "failed" };

async function fetchMain(): Promise<Fetched> {
  try {
    const response = await fetch(location.href, { cache: "no-cache", signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) return { kind: "failed" };
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const main = page.querySelector<HTMLElement>("main");
    return main ? { kind: "page", main } : { kind: "failed" };
  } catch {
    return { kind: "failed" };
  }
}

function morph(old: HTMLElement, fresh: HTMLElement): void {
  tellTimes(fresh);
  showScriptParts(fresh);
  // The children: an element would itself become a child of the old one.
  void Idiomorph.morph(old, [...fresh.childNodes], {
    morphStyle: "innerHTML",
    ignoreActiveValue: true,
    callbacks: {
      // What somebody has opened, ticked or typed stays.
      beforeAttributeUpdated: (name: string) => name !== "open" && name !== "checked" && name !== "aria-selected",
      beforeNodeMorphed: (node: Node) => !(node instanceof HTMLElement && node.dataset["keep"] !== undefined),
    },
  });
}
