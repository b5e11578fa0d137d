import { PageHead } from "../components/page_head.tsx";
import { Nothing } from "../components/states.tsx";

const WORDS = {
  noSuchPage: "No such page",
  thereIsNothingAtThis: "There is nothing at this address",
  overview: "Overview",
} as const;

/** An address that is no page. */
export function Missing() {
  return (
    <>
      <PageHead title={WORDS.noSuchPage} />
      <section class="panel">
        <Nothing icon="search" title={WORDS.thereIsNothingAtThis}>
          <a class="button" href="/">{WORDS.overview}</a>
        </Nothing>
      </section>
    </>
  );
}
