/** The frame of the few pages that Berth shows outside its dashboard. */
import { html, raw } from "hono/html";

const STYLE = `
:root{color-scheme:light dark;--line:#8884;--accent:#0b6bcb}
body{font:16px/1.6 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1.25rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.05rem;margin:2.2rem 0 .4rem}
pre{overflow:auto;padding:.8rem 1rem;border:1px solid var(--line);border-radius:8px;font-size:.875rem}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--line)}
p.lead{margin-top:.25rem;opacity:.75}
@media(prefers-color-scheme:dark){:root{--accent:#6cb6ff}}a{color:var(--accent)}`;

/** `body` as a page that loads nothing and runs nothing. */
export async function htmlPage(title: string, body: ReturnType<typeof html>): Promise<Response> {
  const page = html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>${title}</title>
        <style>${raw(STYLE)}</style>
      </head>
      <body>
    ${body}
      </body>
    </html>
  `;
  return new Response(String(await page), {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": `default-src 'none'; style-src 'sha256-${await styleHash()}'; ` +
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    },
  });
}

async function styleHash(): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(STYLE));
  return btoa(String.fromCharCode(...new Uint8Array(hash)));
}
