/** How long a button shows that it has copied, in milliseconds. */
const SAID_MS = 1_200;

/** Activates the buttons that need a script, and shows them. */
export function copyOnClick(): void {
  showScriptParts(document);
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-copy]") : null;
    const text = button?.dataset["copy"];
    if (!button || text === undefined) return;
    void navigator.clipboard.writeText(text).then(() => {
      button.classList.add("copied");
      setTimeout(() => button.classList.remove("copied"), SAID_MS);
    });
  });
}

/** Shows the parts that are hidden without a script. */
export function showScriptParts(root: ParentNode): void {
  for (const part of root.querySelectorAll<HTMLElement>("[data-copy], [data-script]")) part.hidden = false;
}
