/** `/` searches, `j` and `k` move between rows, `p` pauses, `?` shows help. Browsers themselves open a focused link. */
export function keyboard(): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const act = ACTS[event.key];
    if (act?.()) event.preventDefault();
  });
}

const ACTS: Readonly<Record<string, () => boolean>> = {
  "/": () => focus("#search"),
  j: () => moveBy(1),
  k: () => moveBy(-1),
  p: () => press("#live:not([hidden])"),
  "?": () => help(),
};

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, select, dialog") !== null;
}

function focus(selector: string): boolean {
  const element = document.querySelector<HTMLElement>(selector);
  element?.focus();
  return element !== null;
}

function press(selector: string): boolean {
  const button = document.querySelector<HTMLElement>(selector);
  button?.click();
  return button !== null;
}

function help(): boolean {
  document.querySelector<HTMLDialogElement>("#keys")?.showModal();
  return true;
}

/** A row is opened by its first link, which has the focus while the row is selected. */
function moveBy(step: number): boolean {
  const links = [...document.querySelectorAll("main [data-rows] > *")].flatMap((row) => row.querySelector("a") ?? []);
  const row = document.activeElement?.closest("[data-rows] > *");
  const at = links.findIndex((link) => row?.contains(link) === true);
  const next = links[Math.min(Math.max(at + step, 0), links.length - 1)];
  next?.focus();
  return next !== undefined;
}
