import type { Chosen } from "../../web/selection.ts";
import { chosenText, toSelection } from "../../web/selection.ts";
import { Icon } from "../../components/icon.tsx";
import { IconButton } from "../../components/icon_button.tsx";
import { setPinned } from "../../components/pin.tsx";
import { toast, toastError } from "../../components/toast.tsx";
import { WORDS } from "./words.ts";

interface SelectionBarProps {
  chosen: Chosen;
  onEvict: () => void;
  onClear: () => void;
  onChange: () => void;
}

/** What can be done with the chosen rows. */
export function SelectionBar({ chosen, onEvict, onClear, onChange }: SelectionBarProps) {
  if (chosen.size === 0) return null;
  const pin = async () => {
    try {
      const { digests = [], images = [] } = toSelection(chosen);
      await setPinned({ digests, images }, true);
      toast(WORDS.pinned2(chosenText(chosen)));
      onChange();
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <div class="selection-bar" role="region" aria-label={WORDS.chosenRows}>
      <strong class="num">{chosenText(chosen)}</strong>
      <button type="button" class="button" onClick={pin}>
        <Icon name="pin" />
        {WORDS.pin}
      </button>
      <button type="button" class="button danger" onClick={onEvict}>
        <Icon name="trash" />
        {WORDS.evict}
      </button>
      <IconButton icon="cross" label={WORDS.chooseNone} onClick={onClear} />
    </div>
  );
}
