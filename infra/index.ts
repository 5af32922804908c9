import { registry } from "../shared/tasks/index.ts";
import { provision } from "./stack.ts";

/** The Pulumi program: provisions the stack for the registered task types and queues. Its outputs are the default export. */
// oxlint-disable-next-line no-default-export -- Pulumi takes outputs that may be missing from nowhere else.
export default await provision(registry);
