/** What is wrong with a file of the CA; the message names it and what to do. */
export class CaError extends Error {
  override readonly name = "CaError";
}
