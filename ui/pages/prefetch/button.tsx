/** Pulls an image again. */
import { Icon } from "../../components/icon.tsx";
import { toast } from "../../components/toast.tsx";
import { call, messageOf } from "../../web/client.ts";
import { navigate } from "../../web/location.ts";
import { may } from "../../web/session.ts";

/** Pulls what `image` stands for now, for the platforms that are here, and shows how that goes. */
export function PullButton({ image, platforms }: { image: string; platforms: string[] }) {
  if (!may("cache")) return null;
  const pull = async () => {
    try {
      await call("post", "/pulls", { json: { images: [image], platforms } });
      navigate("/cache/prefetch");
    } catch (error) {
      const { title, detail } = messageOf(error);
      toast(detail || title, true);
    }
  };
  return (
    <button
      type="button"
      class="button quiet icon"
      aria-label={`Pull ${image} now`}
      title="Pull now: what the tag stands for, as far as it is not cached"
      onClick={pull}
    >
      <Icon name="fetch" />
    </button>
  );
}
