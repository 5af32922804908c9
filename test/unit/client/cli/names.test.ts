import { expect, it } from "vitest";
import { namesOf } from "../../../../packages/client/src/cli/new-type/names.ts";

it.each([
  [
    "email.send",
    "sendEmail",
    "handleSendEmail",
    "shared/tasks/email-send.ts",
    "services/worker/handlers/send-email.ts",
  ],
  ["a.b-c.do2", "do2ABC", "handleDo2ABC", "shared/tasks/a-b-c-do2.ts", "services/worker/handlers/do2-a-b-c.ts"],
  // Words that no constant can be called, and names that the files import.
  ["delete", "deleteTask", "handleDeleteTask", "shared/tasks/delete.ts", "services/worker/handlers/delete.ts"],
  ["registry.define", "defineRegistryTask", "handleDefineRegistryTask", "shared/tasks/registry-define.ts"],
])(
  "the task type %s becomes %s, with the handler %s",
  (type, constant, handler, definition, file = expect.any(String)) => {
    expect(namesOf(type, "claim")).toMatchObject({ constant, handler, files: { definition, handler: file } });
  },
);

it("the name of a handler that needs Firestore begins with create", () => {
  expect(namesOf("email.send", "transaction").handler).toBe("createSendEmail");
});
