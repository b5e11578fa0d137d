/** What is released. */

export interface Target {
  /** As in the names of archives. */
  readonly name: string;
  /** As `deno compile --target` takes it. */
  readonly triple: string;
  /** Docker's `TARGETARCH`, for Linux. */
  readonly dockerArch?: string;
}

export const TARGETS: readonly Target[] = [
  { name: "linux-x64", triple: "x86_64-unknown-linux-gnu", dockerArch: "amd64" },
  { name: "linux-arm64", triple: "aarch64-unknown-linux-gnu", dockerArch: "arm64" },
  { name: "macos-x64", triple: "x86_64-apple-darwin" },
  { name: "macos-arm64", triple: "aarch64-apple-darwin" },
  { name: "windows-x64", triple: "x86_64-pc-windows-msvc" },
];

/** The name of the program on a target. */
export function programName(target: Target): string {
  return target.name.startsWith("windows-") ? "berth.exe" : "berth";
}
