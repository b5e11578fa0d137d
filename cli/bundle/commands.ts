/** The commands about bundles, for people. */
import { STORE_FLAGS } from "../cache_commands.ts";
import { type Command, JSON_FLAG } from "../command.ts";
import { PLATFORM_FLAG, REFERRERS_FLAG } from "../wanted.ts";

/** In the order of the help. */
export const BUNDLE_COMMANDS: readonly Command[] = [
  {
    name: "bundle",
    summary: "Images across an air gap: make a bundle here, load it there",
    usage: "create|load [flags]",
    examples: [
      ["berth bundle create out.tar nginx:1.27 quay.io/org/app:2", "on the side with a line"],
      ["berth bundle load out.tar", "on the side without"],
    ],
    about: "Works beside a running Berth and without one.",
  },
  {
    name: "bundle create",
    summary: "Pull images and write them to a bundle",
    usage: "FILE [IMAGE...] [flags]",
    argument: "any",
    examples: [
      ["berth bundle create out.tar nginx:1.27 --platform linux/amd64", ""],
      ["berth bundle create out.tar --images-from list.txt --key key.pem", "a list; signed"],
      ["berth bundle create new.tar --images-from list.txt --since out.tar", "only what is new"],
      ["berth bundle create out.tar --images-from list.txt --split 4GiB", "out.tar.001, …"],
    ],
    about: "The bundle is an OCI image layout in a tar archive, which skopeo, oras, crane, " +
      "podman and docker load read, too. It gets its name once it is whole. Images come by " +
      "way of the cache, as with berth pull; nothing is written where one did not come.",
    flags: [
      {
        name: "--images-from",
        value: "FILE",
        meaning: "Images as well that a list, Kubernetes manifests or a compose file name.",
      },
      PLATFORM_FLAG,
      { name: "--all-platforms", meaning: "Every platform that the images have." },
      REFERRERS_FLAG,
      {
        name: "--since",
        value: "FILE",
        meaning: "An earlier bundle (its first part): leave out what it holds, and what it " +
          "builds on.",
      },
      { name: "--split", value: "SIZE", meaning: "Write parts of that size, such as 4GiB." },
      { name: "--key", value: "FILE", meaning: "Sign with this private key (ECDSA or Ed25519)." },
      JSON_FLAG,
      ...STORE_FLAGS,
    ],
  },
  {
    name: "bundle load",
    summary: "Load a bundle, so that its images are served under their own names",
    usage: "FILE... [flags]",
    argument: "any",
    examples: [
      ["berth bundle load out.tar", ""],
      ["berth bundle load out.tar.001 --key key.pub", "all parts; signed with that key"],
      ["berth bundle load saved.tar --name quay.io/org/app:2", "an archive that has no name in it"],
    ],
    about: "Everything is compared with its digest before any image has its name; what is " +
      "damaged, cut or altered is refused as a whole. The images are pinned. What was broken " +
      "off goes on from there when it is called again. Archives of docker save and " +
      "skopeo copy oci-archive:, and directories of oci:, are loaded as well. With offline or " +
      "registries.*.offline nothing is asked of a registry.",
    flags: [
      {
        name: "--key",
        value: "FILE",
        meaning: "Refuse what the owner of this public key (ECDSA or Ed25519) has not signed.",
      },
      { name: "--name", value: "IMAGE", meaning: "What the one image of an archive is called." },
      JSON_FLAG,
      ...STORE_FLAGS,
    ],
  },
];
