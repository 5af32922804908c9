import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";

/** There is no such region. */
class RegionError extends pulumi.RunError {
  readonly code = "UNKNOWN_REGION";
}

/**
 * Refuses a region that Cloud Run isn't in. It is asked, since regions come and go
 * (https://cloud.google.com/run/docs/locations). Where it can't be asked, as by the first preview of an empty project, a
 * warning says so, and the region is refused when something is to be made there.
 *
 * @throws RegionError
 */
export async function refuseUnknownRegion(
  { project, region }: { readonly project: string; readonly region: string },
  options: pulumi.InvokeOptions,
): Promise<void> {
  const regions = await askForRegions(project, options);
  if (regions.length === 0 || regions.includes(region)) return;
  const [area] = region.split("-");
  const near = regions.filter((name) => name.startsWith(`${area}-`));
  const others = (near.length > 0 ? near : regions).toSorted().join(", ");
  throw new RegionError(`handoff:region: there is no Cloud Run in ${region}. It is in ${others}.`);
}

/** Empty if nobody can tell yet. */
async function askForRegions(project: string, options: pulumi.InvokeOptions): Promise<readonly string[]> {
  try {
    const { locations } = await gcp.cloudrun.getLocations({ project }, options);
    // Pulumi doesn't know yet: it won't ask before it has made what the question depends on.
    return locations ?? [];
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    void pulumi.log.warn(`Nobody can tell whether there is such a region: ${text}`);
    return [];
  }
}
