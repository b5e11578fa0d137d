import { PageHead } from "../components/page_head.tsx";
import { Nothing } from "../components/states.tsx";

/** An address that is no page. */
export function Missing() {
  return (
    <>
      <PageHead title="No such page" />
      <section class="panel">
        <Nothing icon="search" title="There is nothing at this address">
          <a class="button" href="/">Overview</a>
        </Nothing>
      </section>
    </>
  );
}
