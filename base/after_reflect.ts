/**
 * Loads a module that imports `@peculiar/x509`, which cannot be loaded without what reflect-metadata
 * adds: in the executable, whose modules are bundled, an import above it comes too late.
 */
export async function afterReflect<Module>(load: () => Promise<Module>): Promise<Module> {
  await import("reflect-metadata");
  return await load();
}
