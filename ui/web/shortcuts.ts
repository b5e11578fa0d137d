/** Keys that work on every page. */

/** `/` puts the cursor into the page's search, unless something is being typed. */
export function listenToShortcuts(): void {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if ((event.target as Element).closest("input, select, textarea, dialog")) return;
    const search = document.querySelector<HTMLInputElement>("main input[type=search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
  });
}
