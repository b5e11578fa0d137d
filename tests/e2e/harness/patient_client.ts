/** A client that pulls images as container runtimes do: what breaks off is asked for again. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { FakeImage } from "../../fake/content.ts";

export interface PatientClient {
  /** Pulls all of `image` as `repository:latest` and checks every byte. */
  pull(repository: string, image: FakeImage): Promise<void>;
  /** Bytes of blobs that have come so far, and requests that had to be repeated. */
  readonly received: number;
  readonly repeated: number;
}

/** As often each request is made; Docker's is the same. */
const ATTEMPTS = 5;
const FIRST_WAIT = 100;

/** A client of `url`; `heard` is told of each piece of a blob. */
export function patientClient(url: string, heard: () => void = () => {}): PatientClient {
  const state = { received: 0, repeated: 0 };

  /** Resolves to the digest of what came; goes on with `Range` where it broke off. */
  async function digestOf(path: string): Promise<string> {
    const hash = createHash("sha256");
    let at = 0;
    for (let attempt = 1;; attempt++) {
      try {
        const headers: HeadersInit = at > 0 ? { range: `bytes=${at}-` } : {};
        const response = await fetch(url + path, { headers });
        if (response.status !== (at > 0 ? 206 : 200)) {
          throw new Error(`${path} from ${at}: ${response.status} ${await response.text()}`);
        }
        for await (const piece of response.body!) {
          hash.update(piece);
          at += piece.length;
          if (!path.includes("/blobs/")) continue;
          state.received += piece.length;
          heard();
        }
        return `sha256:${hash.digest("hex")}`;
      } catch (error) {
        if (attempt === ATTEMPTS) throw new Error(`${path} failed for good`, { cause: error });
        state.repeated++;
        await new Promise((resolve) => setTimeout(resolve, FIRST_WAIT * 2 ** attempt));
      }
    }
  }

  return {
    get received() {
      return state.received;
    },
    get repeated() {
      return state.repeated;
    },
    async pull(repository, image) {
      const at = `/v2/${repository}`;
      assert.equal(await digestOf(`${at}/manifests/latest`), image.root.digest);
      const blobs = image.blobs.map(async ({ digest }) =>
        assert.equal(await digestOf(`${at}/blobs/${digest}`), digest)
      );
      await Promise.all(blobs);
    },
  };
}
