/** How many characters of an id a person needs to distinguish tasks and letters. */
const SHOWN = 10;

/** A task's id, shortened, as a link to its page. The button beside it copies the whole id. */
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

/** A letter's id, shortened, as a link to its page. */
export function LetterLink({ id }: { readonly id: string }) {
  return (
    <a class="id" href={letterPage(id)} title={id}>
      {id.slice(0, SHOWN)}
    </a>
  );
}

/** A button that copies a text. It is hidden without a script. */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  return (
    <button type="button" class="copy" hidden data-copy={text} aria-label={`Copy the ${what}`}>
      <svg width="12" height="12" viewBox="0 0 12 12" fill="none" stroke="currentColor" aria-hidden="true">
        <rect x="0.5" y="3.5" width="8" height="8" rx="1.5" />
        <path d="M3.5 3.5V2A1.5 1.5 0 0 1 5 .5h5A1.5 1.5 0 0 1 11.5 2v5A1.5 1.5 0 0 1 10 8.5H8.5" />
      </svg>
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
