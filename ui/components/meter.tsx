interface MeterProps {
  /** Between 0 and `max`; null where it cannot be told. */
  value: number | null;
  max: number;
  label: string;
  tone?: "warn" | "bad" | "";
}

/** A bar beside the figures that it illustrates. */
export function Meter({ value, max, label, tone = "" }: MeterProps) {
  const percent = value === null || max <= 0 ? 0 : Math.min(100, value / max * 100);
  return (
    <span
      class={`meter ${value === null ? "open" : tone}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={value === null ? undefined : Math.round(percent)}
    >
      <span style={value === null ? {} : { width: `${percent}%` }} />
    </span>
  );
}
