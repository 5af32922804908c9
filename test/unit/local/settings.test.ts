import { expect, it } from "vitest";
import { startVariables } from "../../../services/local/settings.ts";

it.each(["PRODUCER_PORT", "WORKER_PORT", "CONSOLE_PORT"])(
  "%s can't be 0, which other programs couldn't reach",
  (name) => {
    const { error } = startVariables.safeParse({ [name]: "0" });

    expect(error?.issues).toEqual([
      expect.objectContaining({ path: [name], message: "must be a whole number from 1 to 65535, in plain digits" }),
    ]);
  },
);
