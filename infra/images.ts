import * as dockerBuild from "@pulumi/docker-build";
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import type { GivenImages, ImageTarget } from "./settings/image-settings.ts";

/**
 * The image repository in Artifact Registry, and one image per service: a given one, or else one that is built from the
 * Dockerfile and pushed there.
 */
export class Images extends pulumi.ComponentResource {
  /** The image of each service, by digest. */
  readonly deployed: Partial<Record<ImageTarget, pulumi.Output<string>>> = {};
  private readonly given: GivenImages;
  private readonly repository: gcp.artifactregistry.Repository;
  private readonly address: pulumi.Output<string>;
  private readonly password: pulumi.Output<string>;

  constructor(
    name: string,
    args: { prefix: string; project: string; region: string; imagesKept: number; images: GivenImages },
    options: pulumi.ComponentResourceOptions,
  ) {
    super("handoff:infra:Images", name, {}, options);
    this.given = args.images;
    this.repository = new gcp.artifactregistry.Repository(
      "images",
      {
        repositoryId: args.prefix,
        location: args.region,
        format: "DOCKER",
        cleanupPolicies: [
          { id: "keep-newest", action: "KEEP", mostRecentVersions: { keepCount: args.imagesKept } },
          { id: "delete-others", action: "DELETE", condition: { tagState: "ANY", olderThan: "604800s" } },
        ],
      },
      { parent: this },
    );
    const host = `${args.region}-docker.pkg.dev`;
    this.address = pulumi.interpolate`${host}/${args.project}/${this.repository.repositoryId}`;
    // The access token of the user who runs Pulumi. It lives for an hour, and only the builder gets it.
    this.password = pulumi.secret(gcp.organizations.getClientConfigOutput({ parent: this }).accessToken);
    this.registerOutputs();
  }

  /** Returns the address of a target's image with its digest. Unless it is given, the image is built and pushed. */
  of(target: ImageTarget): pulumi.Output<string> {
    const given = this.given[target];
    const image = given === undefined ? this.build(target) : pulumi.output(given);
    this.deployed[target] = image;
    return image;
  }

  private build(target: ImageTarget): pulumi.Output<string> {
    const tag = pulumi.interpolate`${this.address}/${target}:latest`;
    const image = new dockerBuild.Image(
      target,
      {
        context: { location: "." },
        dockerfile: { location: "Dockerfile" },
        target,
        platforms: [dockerBuild.Platform.Linux_amd64],
        tags: [tag],
        push: true,
        // A preview only shows what would be created, so it needs no Docker.
        buildOnPreview: false,
        registries: [{ address: this.address, username: "oauth2accesstoken", password: this.password }],
      },
      // The image is deleted along with its repository. Deleting it alone would need the access token from the day it
      // was pushed.
      { parent: this, retainOnDelete: true },
    );
    return image.ref;
  }
}
