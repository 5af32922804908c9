import type protobuf from "protobufjs/light.js";
import { type Namespace, namespaceAt } from "../../rpc/proto.ts";

const text = (id: number): protobuf.IField => ({ type: "string", id });

const get = (version: string, path: string): object => ({ get: `/${version}/${path}` });

/** Google's clients ask at v1, whatever the version of the API; REST has each version's own paths. */
function served(path: string): object {
  const [first, ...others] = ["v2", "v1", "v2beta3", "v2beta2"].map((version) => get(version, path));
  return { "(google.api.http)": { ...first, additional_bindings: others } };
}

/**
 * Adds the service that lists locations, which is the same in all of Google's APIs and not part of the client's protos
 * (https://github.com/googleapis/googleapis/blob/master/google/cloud/location/locations.proto).
 */
export function addLocations(protos: Namespace): void {
  const cloud = namespaceAt(protos, "google.cloud");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its types want what they don't read
  cloud.nested = { ...cloud.nested, location: { nested: LOCATION } as Namespace };
}

const LOCATION = {
  Locations: {
    methods: {
      ListLocations: {
        requestType: "ListLocationsRequest",
        responseType: "ListLocationsResponse",
        parsedOptions: [served("{name=projects/*}/locations")],
      },
      GetLocation: {
        requestType: "GetLocationRequest",
        responseType: "Location",
        parsedOptions: [served("{name=projects/*/locations/*}")],
      },
    },
  },
  ListLocationsRequest: {
    fields: { name: text(1), filter: text(2), pageSize: { type: "int32", id: 3 }, pageToken: text(4) },
  },
  ListLocationsResponse: {
    fields: { locations: { rule: "repeated", type: "Location", id: 1 }, nextPageToken: text(2) },
  },
  GetLocationRequest: { fields: { name: text(1) } },
  Location: {
    fields: {
      name: text(1),
      locationId: text(4),
      displayName: text(5),
      labels: { keyType: "string", type: "string", id: 2 },
      metadata: { type: "google.protobuf.Any", id: 3 },
    },
  },
};
