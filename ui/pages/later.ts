/**
 * What the overview's first load does without. All of it is one script: a boundary for each page would
 * split what the pages share into a dozen small files, which compress badly.
 */
export { Activity } from "./activity.tsx";
export { BlobPage } from "./blob.tsx";
export { Blobs } from "./blobs.tsx";
export { ConnectPage } from "./connect.tsx";
export { Images } from "./images.tsx";
export { Figures } from "./overview/figures.tsx";
export { Welcome } from "./overview/welcome.tsx";
export { Registries } from "./registries.tsx";
export { EditRegistry, NewRegistry } from "./registry.tsx";
export { RequestPage } from "./request.tsx";
export { Settings } from "./settings.tsx";
