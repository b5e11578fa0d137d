/** Pulls an image into the cache at once. */
import { toastDetail } from "../components/toast.tsx";
import { call } from "./client.ts";
import { navigate } from "./location.ts";

/** Begins a pull of what `image` stands for now, and shows how that goes; without platforms, the usual. */
export async function pullNow(image: string, platforms: string[] = []): Promise<void> {
  try {
    await call("post", "/pulls", { json: { images: [image], platforms } });
    navigate("/cache/prefetch");
  } catch (error) {
    toastDetail(error);
  }
}
