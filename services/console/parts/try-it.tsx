import type { PropsWithChildren } from "hono/jsx";
import { CopyButton } from "./task-id.tsx";

/** What stands where nothing is: a sentence, and a command that changes that. */
export function Empty({ command, children }: PropsWithChildren<{ readonly command?: string | undefined }>) {
  return (
    <div class="empty">
      <p>{children}</p>
      {command === undefined ? null : <Command text={command} />}
    </div>
  );
}

/** A command line that works as it stands. */
export function Command({ text }: { readonly text: string }) {
  return (
    <pre class="command">
      <code>{text}</code>
      <CopyButton text={text} what="command" />
    </pre>
  );
}
