import * as z from "zod";

/** The Dockerfile targets that are deployed. */
export const IMAGE_TARGETS = ["producer", "worker", "console"] as const;

export type ImageTarget = (typeof IMAGE_TARGETS)[number];

/** Existing images, by target, each with its digest: a tag can be moved, and then it is unclear what runs. */
export type GivenImages = Readonly<Partial<Record<ImageTarget, string>>>;

const image = z
  .string()
  .regex(
    /^[a-z0-9.-]+(:\d+)?\/[a-z0-9._/-]+@sha256:[0-9a-f]{64}$/,
    "must be an image by its digest, for example europe-west1-docker.pkg.dev/my-project-123/handoff/worker@sha256:…",
  );

/** The images of a stack: given ones are deployed as they are, and `pulumi up` builds the others. */
export const images = z.partialRecord(z.enum(IMAGE_TARGETS), image, {
  error: `must be a map of images by their targets, which are ${IMAGE_TARGETS.join(", ")}`,
});
