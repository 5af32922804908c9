import type { OurBundles } from "../stack/our-bundles.ts";
import type { OurEmulators } from "../stack/our-stack.ts";
import type { PeerSizes } from "../sizes.ts";

/** What all rows are measured with. */
export interface Setting {
  readonly bundles: OurBundles;
  readonly emulators: OurEmulators;
  readonly sizes: PeerSizes;
  /** Whether the peers from npm are there. */
  readonly hasPeers: boolean;
}
