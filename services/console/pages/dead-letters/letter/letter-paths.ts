import { letterPage } from "../../../parts/task-id.tsx";

/** The page of a letter's payload, as text. */
export function payloadPage(id: string): string {
  return `${letterPage(id)}/payload`;
}

/** The page that shows what replaying a letter will do. */
export function replayPage(id: string): string {
  return `${letterPage(id)}/replay`;
}

/** The page that asks for confirmation before a letter is deleted. */
export function deletePage(id: string): string {
  return `${letterPage(id)}/delete`;
}
