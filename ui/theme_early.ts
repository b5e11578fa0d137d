/** Runs before anything is drawn, so that a chosen theme does not flash the other one first. */
import { applyTheme, rememberedTheme } from "./web/theme_store.ts";

applyTheme(rememberedTheme());
