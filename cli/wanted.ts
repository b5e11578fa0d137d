/** Which parts of images a command is to fetch, by its flags. */
import type { Wanted } from "../proxy/ahead/progress.ts";
import type { Flag } from "./command.ts";
import type { CommandLine } from "./command_line.ts";

export const PLATFORM_FLAG: Flag = {
  name: "--platform",
  value: "A,B",
  meaning: "Platforms such as linux/arm64; without it those of registries.*.platforms, " +
    "or the one that Berth runs on.",
};

export const REFERRERS_FLAG: Flag = {
  name: "--with-referrers",
  meaning: "Signatures, attestations and SBOMs, too.",
};

/** What is wanted of `images`. */
export function wantedOf(images: string[], values: CommandLine["values"]): Wanted {
  return {
    images,
    platforms: platformsIn(values),
    allPlatforms: values.has("--all-platforms"),
    referrers: values.has("--with-referrers"),
  };
}

/** Those that `--platform` names. */
export function platformsIn(values: CommandLine["values"]): string[] {
  return (values.get("--platform") ?? "").split(",").filter((word) => word !== "");
}
