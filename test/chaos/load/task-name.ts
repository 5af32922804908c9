/** What a task is called in Cloud Tasks: its id, and from the second hop on the hop's number. */
export function parseTaskName(name: string): { readonly taskId: string; readonly hop: number } {
  const [, taskId = name, hop = "0"] = /^(.*)-h(\d+)$/.exec(name) ?? [];
  return { taskId, hop: Number(hop) };
}
