import { usePage } from "../layout/page-context.ts";
import { describeDistance } from "./distance.ts";

/** A time as its distance from now. The exact time is its title; the script keeps the distance true. */
export function Time({ at }: { readonly at: string | undefined }) {
  const { nowMs } = usePage();
  if (at === undefined) return <span class="none">–</span>;
  return (
    <time datetime={at} title={at}>
      {describeDistance(Date.parse(at) - nowMs)}
    </time>
  );
}

/** A time to the millisecond, as a timeline needs it. */
export function ExactTime({ at }: { readonly at: string }) {
  return (
    <time datetime={at} class="exact" data-exact="">
      {at.replace("T", " ").replace("Z", " UTC")}
    </time>
  );
}
