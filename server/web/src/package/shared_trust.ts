// Checks that run at the same time share one update of the metadata.

import { Trust, type FetchFile, type Release } from "../protocol/trust.ts";

export class SharedTrust extends Trust {
  private pending: Promise<Release> | null = null;

  /** As in Trust. An update of another check that fails, perhaps for want of that check's time, is done again. */
  override async fresh(fetchFile: FetchFile, stale?: Release): Promise<Release> {
    while (this.pending !== null) {
      const release = await this.pending.catch(() => null);
      if (release !== null && release !== stale) return release;
    }
    this.pending = super.fresh(fetchFile, stale).finally(() => {
      this.pending = null;
    });
    return this.pending;
  }
}
