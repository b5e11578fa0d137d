/** Pulls an image again. */
import { IconButton } from "../../components/icon_button.tsx";
import { pullNow } from "../../web/pull_now.ts";
import { may } from "../../web/session.ts";
import { WORDS } from "./words.ts";

/** Pulls what `image` stands for now, for the platforms that are here, and shows how that goes. */
export function PullButton({ image, platforms }: { image: string; platforms: string[] }) {
  if (!may("cache")) return null;
  return (
    <IconButton
      icon="fetch"
      label={WORDS.pullNow(image)}
      title={WORDS.pullNowWhatTheTag}
      onClick={() => pullNow(image, platforms)}
    />
  );
}
