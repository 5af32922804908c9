import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";

/** The region doesn't exist. */
class RegionError extends pulumi.RunError {
  readonly code = "UNKNOWN_REGION";
}

/**
 * Refuses a region without Cloud Run. It asks Cloud Run, since the list of regions changes
 * (https://cloud.google.com/run/docs/locations). If that fails, as in the first preview of an empty project, it warns,
 * and creating a resource in a wrong region fails later.
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

/** Empty if that is still unknown. */
async function askForRegions(project: string, options: pulumi.InvokeOptions): Promise<readonly string[]> {
  try {
    const { locations } = await gcp.cloudrun.getLocations({ project }, options);
    // Still unknown: Pulumi doesn't ask before it has created the resources that the question depends on.
    return locations ?? [];
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    void pulumi.log.warn(`Nobody can tell whether there is such a region: ${text}`);
    return [];
  }
}
