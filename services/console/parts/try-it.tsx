import type { PropsWithChildren } from "hono/jsx";
import { CopyButton } from "./task-id.tsx";

/** Shown in place of an empty list: a sentence, and a command that would fill it. */
export function Empty({ command, children }: PropsWithChildren<{ readonly command?: string | undefined }>) {
  return (
    <div class="empty">
      <p>{children}</p>
      {command === undefined ? null : <Command text={command} />}
    </div>
  );
}

/** A complete command line. */
export function Command({ text }: { readonly text: string }) {
  return (
    <pre class="command">
      <code>{text}</code>
      <CopyButton text={text} what="command" />
    </pre>
  );
}
