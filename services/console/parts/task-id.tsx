/** How much of an id tells tasks apart for a person. */
const SHOWN = 10;

/** A task's id, short, that leads to its page. A click on the button beside it copies the whole id. */
export function TaskLink({ id }: { readonly id: string }) {
  return (
    <span class="id">
      <a href={taskPage(id)} title={id}>
        {id.slice(0, SHOWN)}
      </a>
      <CopyButton text={id} what="id" />
    </span>
  );
}

/** Copies a text. It is hidden where there is no script. */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  return (
    <button type="button" class="copy" hidden data-copy={text} aria-label={`Copy the ${what}`}>
      ⧉
    </button>
  );
}

/** The page of a task. */
export function taskPage(id: string): string {
  return `/tasks/${encodeURIComponent(id)}`;
}

/** The page of a dead letter. */
export function letterPage(id: string): string {
  return `/dead-letters/${encodeURIComponent(id)}`;
}

/** The page of a queue. */
export function queuePage(key: string): string {
  return `/queues/${encodeURIComponent(key)}`;
}

/** The page of a task type. */
export function typePage(type: string): string {
  return `/task-types/${encodeURIComponent(type)}`;
}
