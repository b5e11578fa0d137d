/** Answers to HEAD, whose length is not that of their own body. */

/**
 * `answer` to `request`; to a HEAD without a length where it states none: a server that is given no
 * body at all would say that the length is 0 (RFC 9110, 8.6: it is what a GET's would be, or left out).
 */
export function withHead(
  { method }: Request,
  answer: Response | Promise<Response>,
): Response | Promise<Response> {
  return method === "HEAD" ? Promise.resolve(answer).then(ofUnknownLength) : answer;
}

function ofUnknownLength(response: Response): Response {
  const { headers, status } = response;
  if (response.body || headers.has("content-length") || status !== 200) return response;
  const body = new ReadableStream({ pull: (end) => end.close() }, { highWaterMark: 0 });
  return new Response(body, { status, headers });
}
