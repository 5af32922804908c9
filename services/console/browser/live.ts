import { Idiomorph } from "idiomorph";
import { showScriptParts } from "./copy.ts";
import { fetchPage } from "./fetch-page.ts";
import { updateRelativeTimes } from "./times.ts";

/** After failures, the page refreshes less often, down to once in this many milliseconds. */
const SLOWEST_MS = 60_000;

/** The button's labels. */
const LABELS = {
  live: "Live",
  paused: "Paused",
  failed: "Not reached",
  "signed-out": "Signed out: reload",
} as const;

type State = keyof typeof LABELS;

/** Refreshes the page while it is visible, until its button pauses it. Keeps whatever the person has changed. */
export function startLive(): void {
  const main = document.querySelector<HTMLElement>("main[data-live]");
  const button = document.querySelector<HTMLButtonElement>("#live");
  if (!main || !button) return;
  const everyMs = Number(main.dataset["live"]) * 1_000;
  let waitMs = everyMs;
  let state: State | "ended" = "live";
  let isAsking = false;
  let timer: number | undefined;
  const isGoing = (): boolean => state === "live" || state === "failed";
  const become = (next: typeof state): void => {
    state = next;
    button.hidden = next === "ended";
    if (next === "ended") return;
    button.textContent = LABELS[next];
    button.setAttribute("aria-pressed", String(isGoing()));
    button.classList.toggle("failed", next === "failed" || next === "signed-out");
  };
  const plan = (): void => {
    clearTimeout(timer);
    if (isGoing() && !document.hidden) timer = setTimeout(() => void refresh(), waitMs);
  };
  const refresh = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    const fetched = await fetchPage();
    isAsking = false;
    if (!isGoing()) return;
    if (fetched.kind === "page") {
      morph(main, fetched.main);
      document.title = fetched.title;
      // A page that no longer needs refreshing isn't marked as live.
      become(fetched.main.dataset["live"] === undefined ? "ended" : "live");
    } else become(fetched.kind);
    waitMs = state === "failed" ? Math.min(waitMs * 2, SLOWEST_MS) : everyMs;
    plan();
  };
  button.addEventListener("click", () => {
    if (state === "signed-out") return location.reload();
    waitMs = everyMs;
    become(isGoing() ? "paused" : "live");
    clearTimeout(timer);
    if (isGoing()) void refresh();
  });
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden && isGoing()) void refresh();
  });
  become("live");
  plan();
}

function morph(old: HTMLElement, fresh: HTMLElement): void {
  updateRelativeTimes(fresh);
  showScriptParts(fresh);
  // The child nodes: if given an element, Idiomorph would insert it into the old one.
  void Idiomorph.morph(old, [...fresh.childNodes], {
    morphStyle: "innerHTML",
    ignoreActiveValue: true,
    callbacks: {
      // Keeps what the person has opened, ticked or typed.
      beforeAttributeUpdated: (name: string) => name !== "open" && name !== "checked" && name !== "aria-selected",
      beforeNodeMorphed: (node: Node) => !(node instanceof HTMLElement && node.dataset["keep"] !== undefined),
    },
  });
}
