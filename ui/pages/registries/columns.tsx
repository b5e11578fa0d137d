/** What the registry map tells of each registry. */
import type { RegistryView } from "../../api/schema/registries.ts";
import { Breakable } from "../../components/breakable.tsx";
import { Health } from "../../components/health.tsx";
import { Icon } from "../../components/icon.tsx";
import { IconLink } from "../../components/icon_button.tsx";
import { OriginText } from "../../components/origin.tsx";
import type { Column } from "../../components/table.tsx";
import { plainestAddress } from "../../web/addresses.ts";
import { countOf, formatCount, formatShare } from "../../web/format.ts";
import { may } from "../../web/session.ts";
import { registryPath } from "../../web/paths.ts";
import { cacheable, served } from "../../web/ratio.ts";
import { WORDS } from "./words.ts";

const FIGURES: Column<RegistryView>[] = [
  {
    id: "name",
    title: WORDS.registry,
    sort: "asc",
    class: "main roomy",
    cell: (row) => <Name row={row} />,
  },
  {
    id: "state",
    title: WORDS.state,
    class: "full roomy",
    cell: (row) => <Health health={row.health} />,
  },
  {
    id: "address",
    title: WORDS.addressedAs,
    class: "medium full",
    cell: (row) => <Address row={row} />,
  },
  {
    id: "pulls",
    title: WORDS.pulls24H,
    sort: "desc",
    class: "right",
    cell: ({ counters }) => formatCount(counters.pulls),
  },
  {
    id: "ratio",
    title: WORDS.hitRatio,
    class: "right wide skip-phone",
    cell: ({ counters }) => formatShare(served(counters), cacheable(counters)),
  },
  {
    id: "origin",
    title: WORDS.from,
    class: "wide",
    cell: ({ origin }) => <OriginText origin={origin} />,
  },
];

/** The map's columns; the last one's buttons test a registry by `test`, or edit it. */
export function columnsFor(test: (row: RegistryView) => void): Column<RegistryView>[] {
  return [
    ...FIGURES,
    {
      id: "actions",
      title: "",
      class: "fit bare",
      cell: (row) => <Actions row={row} test={test} />,
    },
  ];
}

function Name({ row }: { row: RegistryView }) {
  return (
    <span class="title-cell">
      <span class="actions">
        <a href={registryPath(row.name)}>
          <strong>{row.name}</strong>
        </a>
        {row.isDefault && <span class="badge accent">{WORDS.default}</span>}
        {!row.editable && (
          <span class="badge" title={row.readOnlyReason}>
            <Icon name="lock" size={12} />
            {WORDS.readOnly}
          </span>
        )}
      </span>
      <span class="muted small">
        <Breakable text={row.settings.url.replace(/^https:\/\//, "")} />
      </span>
    </span>
  );
}

function Address({ row: { addresses } }: { row: RegistryView }) {
  return (
    <span class="title-cell">
      <code>
        <Breakable text={plainestAddress(addresses)} />
      </code>
      {addresses.length > 1 && (
        <span class="muted small">{WORDS.and} {countOf(addresses.length - 1, WORDS.otherWay)}</span>
      )}
    </span>
  );
}

function Actions({ row, test }: { row: RegistryView; test: (row: RegistryView) => void }) {
  return (
    <span class="row-actions">
      {may("cache") && (
        <button
          type="button"
          class="button quiet"
          aria-label={WORDS.test(row.name)}
          onClick={() => test(row)}
        >
          {WORDS.test2}
        </button>
      )}
      {may("registries") && (
        <IconLink icon="edit" label={WORDS.edit(row.name)} href={registryPath(row.name)} />
      )}
    </span>
  );
}
