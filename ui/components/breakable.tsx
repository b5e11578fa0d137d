/** A long address or name that may break after its separators rather than anywhere. */
export function Breakable({ text }: { text: string }) {
  const parts = text.split(/(?<=[/@:])(?![/…])/);
  return <>{parts.flatMap((part, i) => i === 0 ? [part] : [<wbr key={i} />, part])}</>;
}
