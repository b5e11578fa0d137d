interface EarlierProps {
  /** Before what the next page goes; null where there is none. */
  before: number | null;
  load: (before: number) => void;
  /** What the button says. */
  show: string;
  /** What stands there once all are shown. */
  none: string;
}

/** Beneath rows, newest first: brings those before them. */
export function Earlier({ before, load, show, none }: EarlierProps) {
  return (
    <div class="more">
      {before === null
        ? <span class="muted">{none}</span>
        : <button type="button" class="button" onClick={() => load(before)}>{show}</button>}
    </div>
  );
}
