/** A bucket for a test, and the way there that a configuration makes. */
import type { S3Options } from "../../../cache/depot_options.ts";
import { depotPlace } from "../../../cli/depot_place.ts";
import { configSchema } from "../../../proxy/config/schema.ts";
import { FAKE_KEYS, type FakeS3, fakeS3 } from "../../fake/s3.ts";

/** Runs `test` with an empty bucket; `settings` as in `cache.depot`, over TLS with `tls`. */
export async function withPlace(
  test: (setup: { s3: FakeS3; place: S3Options }) => Promise<void>,
  settings: Record<string, unknown> = {},
  tls?: { cert: string; key: string },
): Promise<void> {
  await using s3 = await fakeS3(tls);
  const { cache } = configSchema.parse({
    cache: {
      depot: {
        url: `s3://${s3.bucket}/p`,
        endpoint: s3.url,
        access_key_id: FAKE_KEYS.accessKeyId,
        secret_access_key: FAKE_KEYS.secretAccessKey,
        ...settings,
      },
    },
  });
  await using way = depotPlace(cache.depot, {});
  await test({ s3, place: way.place as S3Options });
}
