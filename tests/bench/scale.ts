/** How much a run moves. */
export interface Scale {
  /** Samples of each metric, unless a row is measured once. */
  rounds: number;
  /** Bytes of a large blob. */
  large: number;
  /** Bytes of each of many blobs. */
  medium: number;
  /** Seconds of load that is limited by time. */
  seconds: number;
  /** Clients that want one blob at the same time. */
  herd: number;
  slowClients: number;
  /** Blobs in the cache of a start. */
  stored: number;
  /** Seconds of a load that is to show what memory it leaves behind, and of what follows it. */
  faultSeconds: number;
  idleSeconds: number;
}

export const FULL: Scale = {
  rounds: 3,
  large: 256 << 20,
  medium: 16 << 20,
  seconds: 2,
  herd: 50,
  slowClients: 1000,
  stored: 100_000,
  faultSeconds: 180,
  idleSeconds: 130,
};

/** To see within a minute what has become worse. */
export const SHORT: Scale = {
  rounds: 3,
  large: 64 << 20,
  medium: 4 << 20,
  seconds: 1,
  herd: 10,
  slowClients: 50,
  stored: 2000,
  faultSeconds: 20,
  idleSeconds: 20,
};

/** To see that everything works; the figures mean nothing. */
export const TINY: Scale = {
  rounds: 2,
  large: 8 << 20,
  medium: 1 << 20,
  seconds: 1,
  herd: 5,
  slowClients: 20,
  stored: 500,
  faultSeconds: 2,
  idleSeconds: 1,
};

/** `256 MiB`, as names of metrics say it. */
export function mebibytes(bytes: number): string {
  return `${bytes / 2 ** 20} MiB`;
}
