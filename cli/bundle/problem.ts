/** What is wrong with a bundle, or with what is asked of one: a line for the person who asked. */
export class BundleProblem extends Error {
  override readonly name = "BundleProblem";
}
