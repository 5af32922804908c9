import { usePage } from "../layout/page-context.ts";
import { describeDistance } from "./distance.ts";

/** A time relative to now. Its title is the exact time; the script keeps it up to date. */
export function Time({ at }: { readonly at: string | undefined }) {
  const { nowMs } = usePage();
  if (at === undefined) return <span class="none">–</span>;
  return (
    <time datetime={at} title={at}>
      {describeDistance(Date.parse(at) - nowMs)}
    </time>
  );
}

/** A time to the millisecond, for timelines. */
export function ExactTime({ at }: { readonly at: string }) {
  return (
    <time datetime={at} class="exact" data-exact="">
      {at.replace("T", " ").replace("Z", " UTC")}
    </time>
  );
}
