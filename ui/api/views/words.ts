/** Times and messages in words, as notices and states use them. */

const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]] as const;

/** `ms` in one or two units: `45 s`, `2 h 10 min`, `3 d`. */
export function durationWords(ms: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, Math.round(ms / 1000));
  for (const [unit, seconds] of UNITS) {
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    if (count > 0) parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(" ") || "0 s";
}

/** `count` of something, with the word's plural: `1 pull`, `12 pulls`. */
export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** `docker: the connection was refused` → `The connection was refused`. */
export function sentence(message: string): string {
  const text = message.replace(/^[a-z0-9-]+: /, "");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
