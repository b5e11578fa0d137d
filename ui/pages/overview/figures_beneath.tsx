import { useSignal } from "@preact/signals";
import { ErrorBoundary } from "preact-iso/lazy";
import type { Stats } from "../../api/schema/stats.ts";
import { Icon } from "../../components/icon.tsx";
import { later } from "../../components/later.tsx";
import { WORDS } from "./words.ts";

const Figures = later(({ Figures }) => Figures);

/** The same for those who do not read charts; made only when asked for. */
export function FiguresBeneath({ stats }: { stats: Stats }) {
  const open = useSignal(false);
  return (
    <details class="figures" onToggle={(event) => open.value = event.currentTarget.open}>
      <summary>
        <Icon name="chevron" size={12} />
        {WORDS.showAsTable}
      </summary>
      {open.value && (
        <ErrorBoundary>
          <Figures stats={stats} />
        </ErrorBoundary>
      )}
    </details>
  );
}
