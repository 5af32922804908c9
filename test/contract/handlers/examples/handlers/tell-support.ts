import { bindHandler, succeeded } from "../../../../../services/worker/runner/handler.ts";
import { tellSupport } from "../tasks/support-tell.ts";

/** Support has an alert on this line of the log. */
export const handleTellSupport = bindHandler(tellSupport, ({ deadLetterId, type, code }, { log }) => {
  log.error({ deadLetterId, type, code }, "a task died");
  return Promise.resolve(succeeded());
});
