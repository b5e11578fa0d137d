/** Globs on names with slashes, as regular expressions that match a name from end to end. */

/** `**` is any run of characters, `*` any that has no slash, `?` any one character but a slash. */
export function globPattern(glob: string): RegExp {
  const parts = glob.split(/(\*\*+|\*|\?)/).map((part) => {
    if (part.startsWith("**")) return ".*";
    if (part === "*") return "[^/]*";
    return part === "?" ? "[^/]" : literal(part);
  });
  return new RegExp(`^${parts.join("")}$`);
}

/** As {@linkcode globPattern}, for names of which a single `*` is meant to go across slashes, too. */
export function wideGlobPattern(glob: string): RegExp {
  return globPattern(glob.replaceAll(/\*+/g, "**"));
}

/**
 * `text` for a regular expression that matches it and nothing else. By hand, since `RegExp.escape` is
 * missing on some of the platforms that the serverless handler runs on.
 */
export function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
