import { Access } from "../access.ts";
import { parseLocationName } from "../resource-names.ts";
import { invalidLocation, unsupported } from "../service-errors.ts";
import type { State } from "../../state/state.ts";

interface LocationReply {
  readonly name: string;
  readonly locationId: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Handles google.cloud.location.Locations. Every location exists. Those with queues are listed, and the emulator's own.
 *
 * @param deps.location the id of the emulator's own location.
 */
export function createLocationHandlers({ state, location: own }: { state: State; location: string }) {
  const access = new Access("google.cloud.location.Locations");
  return {
    ListLocations({ name, filter }: { name: string; filter: string }) {
      if (filter !== "") throw unsupported("ListLocationsRequest.filter");
      const project = access.resource(name, "ListLocations", (given) => /^projects\/([^/]+)$/.exec(given)?.[1]);
      const used = [...state.queues.values()].filter((queue) => queue.name.project === project);
      const ids = new Set([own, ...used.map((queue) => queue.name.location)]);
      return { locations: [...ids].toSorted().map((id) => locationReply(project, id)) };
    },
    GetLocation({ name }: { name: string }): LocationReply {
      const { project, location } = access.resource(name, "GetLocation", parseLocationName);
      if (location === "-") throw invalidLocation(location);
      return locationReply(project, location);
    },
  };
}

function locationReply(project: string, id: string): LocationReply {
  return {
    name: `projects/${project}/locations/${id}`,
    locationId: id,
    labels: { "cloud.googleapis.com/region": id },
  };
}
