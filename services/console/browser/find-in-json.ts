/** How long to wait after a keystroke before searching a large value, in milliseconds. */
const PAUSE_MS = 120;
const FOUND = "found";

/** Activates the fields that search a JSON value: they unfold, mark and count matches. Enter goes to the next. */
export function findInJson(): void {
  let timer: number | undefined;
  document.addEventListener("input", ({ target }) => {
    const view = viewOf(target);
    if (!view) return;
    clearTimeout(timer);
    timer = setTimeout(() => find(view), PAUSE_MS);
  });
  document.addEventListener("keydown", (event) => {
    const view = viewOf(event.target);
    if (!view || event.key !== "Enter") return;
    event.preventDefault();
    showNext(view, event.shiftKey ? -1 : 1);
  });
}

/** A view of a JSON value, with its field. */
interface View {
  readonly root: HTMLElement;
  readonly field: HTMLInputElement;
}

function viewOf(target: EventTarget | null): View | undefined {
  if (!(target instanceof HTMLInputElement) || target.dataset["jsonFind"] === undefined) return undefined;
  const root = target.closest<HTMLElement>("[data-json]");
  return root ? { root, field: target } : undefined;
}

function find({ root, field }: View): void {
  const wanted = field.value.trim().toLowerCase();
  let count = 0;
  for (const code of root.querySelectorAll<HTMLElement>(".tree code")) {
    const isFound = wanted !== "" && code.textContent.toLowerCase().includes(wanted);
    code.classList.toggle(FOUND, isFound);
    if (!isFound) continue;
    count++;
    openAround(code, root);
  }
  tell(root, wanted === "" ? "" : `${count} found`);
  delete root.dataset["at"];
}

/** A match in a summary is visible even while its own part is folded. */
function openAround(code: HTMLElement, root: HTMLElement): void {
  const own = code.closest("summary")?.parentElement;
  for (let part = code.closest("details"); part && root.contains(part);) {
    if (part !== own) part.open = true;
    part = part.parentElement?.closest("details") ?? null;
  }
}

function showNext({ root }: View, step: number): void {
  const all = root.querySelectorAll<HTMLElement>(`.tree .${FOUND}`);
  if (all.length === 0) return;
  const last = root.dataset["at"];
  const at = last === undefined ? 0 : (Number(last) + step + all.length) % all.length;
  root.dataset["at"] = String(at);
  all[at]?.scrollIntoView({ block: "center" });
  tell(root, `${at + 1} of ${all.length}`);
}

function tell(root: HTMLElement, text: string): void {
  const output = root.querySelector("output");
  if (output) output.textContent = text;
}
