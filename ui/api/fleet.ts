/** The other Berths of a cluster, asked together for what this dashboard shows of them. */
import type { z } from "zod";
import { ApiProblem } from "./problem.ts";
import type { Member, MemberFigures } from "./schema/events.ts";
import type { MembersAsked } from "./schema/status.ts";
import { memberView } from "./views/sums.ts";

/** The way to the others. */
export interface Peers {
  /** What this one is called. */
  self(): string;
  /** All others that run, and what is wrong between this one and them (empty: nothing). */
  others(): readonly { id: string; problem: string }[];
  /** What `id` tells of itself under `name`, as JSON. Throws where it does not until `signal`. */
  told(id: string, name: string, signal: AbortSignal): Promise<unknown>;
}

/** Milliseconds that somebody who looks at the dashboard waits for a member. */
const LIMIT_MS = 1000;
/** They are asked for their figures this often at most. */
const REFRESH_MS = 900;

interface Known {
  answers: boolean;
  figures: MemberFigures;
}

export class Fleet {
  readonly #peers: Peers;
  readonly #now: () => number;
  readonly #limitMs: number;
  #known = new Map<string, Known>();
  #refreshedAt = -Infinity;

  /** `now` in Unix milliseconds. */
  constructor(peers: Peers, now: () => number, limitMs = LIMIT_MS) {
    this.#peers = peers;
    this.#now = now;
    this.#limitMs = limitMs;
  }

  get self(): string {
    return this.#peers.self();
  }

  /** Learns what the others do, unless that was asked just now. Never throws. */
  async refresh(): Promise<void> {
    const now = this.#now();
    if (now - this.#refreshedAt < REFRESH_MS) return;
    this.#refreshedAt = now;
    // Not loaded at the start, as the whole dashboard is not, and where there are no others never.
    const { memberFigures } = await import("./schema/events.ts");
    const { answers } = await this.askAll("figures", memberFigures);
    const known = new Map<string, Known>();
    for (const { id } of this.#peers.others()) {
      const figures = answers.get(id) ?? this.#known.get(id)?.figures;
      if (figures) known.set(id, { answers: answers.has(id), figures });
    }
    this.#known = known;
  }

  /** What those that answered the last `refresh` do. */
  figures(): [id: string, MemberFigures][] {
    return [...this.#known].flatMap(([id, { answers, figures }]) => answers ? [[id, figures]] : []);
  }

  /** All members of which anything is known, this one with `own` first. */
  members(own: MemberFigures): Member[] {
    return [
      memberView(this.self, true, own),
      ...[...this.#known].map(([id, { answers, figures }]) => memberView(id, answers, figures)),
    ];
  }

  /**
   * What all others tell under `name`, by their ids. Those that are known not to be reached are not
   * waited for; an answer of another shape than `schema` (another version) is none.
   */
  async askAll<T>(
    name: string,
    schema: z.ZodType<T>,
  ): Promise<{ answers: Map<string, T>; members: MembersAsked }> {
    const others = this.#peers.others();
    const asked = await Promise.all(others.map(async ({ id, problem }) => {
      const answer = problem === "" ? await this.ask(id, name, schema) : undefined;
      return [id, answer] as const;
    }));
    const answers = new Map<string, T>();
    const silent: string[] = [];
    for (const [id, answer] of asked) {
      if (answer === undefined) silent.push(id);
      else answers.set(id, answer);
    }
    return { answers, members: { asked: others.length + 1, silent } };
  }

  /**
   * What the member that `url` names tells of what `url` asks for; undefined where it is this one, or
   * none is named. `more` stands in for what the address says. Throws a 504 where it does not answer.
   */
  async askFor<T>(
    url: string,
    schema: z.ZodType<T>,
    more: Readonly<Record<string, number>> = {},
  ): Promise<T | undefined> {
    const { pathname, searchParams } = new URL(url);
    const id = searchParams.get("member");
    if (!id || id === this.self) return undefined;
    for (const name of ["member", "format"]) searchParams.delete(name);
    for (const [name, value] of Object.entries(more)) searchParams.set(name, String(value));
    const name = `${pathname.replace(/^\/(api\/v1\/)?/, "")}?${searchParams}`;
    const told = await this.ask(id, name, schema);
    if (told !== undefined) return told;
    throw new ApiProblem(504, `${id} did not answer in time`, {
      detail: "Look at the cluster on the overview; choose another member meanwhile.",
      retryAfterMs: 5000,
    });
  }

  /** What the member `id` tells under `name`; undefined where it does not in time. */
  async ask<T>(id: string, name: string, schema: z.ZodType<T>): Promise<T | undefined> {
    try {
      const told = await this.#peers.told(id, name, AbortSignal.timeout(this.#limitMs));
      return schema.safeParse(told).data;
    } catch {
      return undefined;
    }
  }
}
