/** Which clients and pulls are asked for, and what that is in SQL. */
import type { SQLInputValue } from "node:sqlite";
import type { PullResult } from "./pulls.ts";

/** Unix milliseconds; `to` is exclusive. */
export interface Between {
  from: number;
  to: number;
}

/** Which pulls; what is left out does not matter. */
export interface PullFilter extends Between {
  /** Part of the client's address or name. */
  client?: string | undefined;
  /** Addresses that go by what `client` says, too. */
  named?: readonly string[] | undefined;
  /** The client with exactly this address. */
  address?: string | undefined;
  /** Part of `registry/repository:reference`. */
  image?: string | undefined;
  user?: string | undefined;
  result?: PullResult | undefined;
}

/** Which clients, in which order. */
export interface ClientQuery extends Between {
  /** Unix milliseconds. */
  now: number;
  /** Part of address, name, user or agent. */
  search?: string | undefined;
  named?: readonly string[] | undefined;
  address?: string | undefined;
  user?: string | undefined;
  sort: "client" | "user" | "pulls" | "requests" | "bytes" | "hits" | "errors" | "last";
  desc: boolean;
  limit: number;
  offset: number;
}

interface Conditions {
  /** What follows the conditions on time. */
  where: string;
  values: SQLInputValue[];
}

function conditions(list: readonly (readonly [string, ...SQLInputValue[]] | false)[]): Conditions {
  const asked = list.filter((condition) => condition !== false);
  return {
    where: asked.map(([sql]) => ` AND ${sql}`).join(""),
    values: asked.flatMap(([, ...values]) => values),
  };
}

/** The rows of clients that `query` is about. */
export function clientConditions({ address, user, search, named }: ClientQuery): Conditions {
  return conditions([
    address !== undefined && ["client = ?", address],
    user !== undefined && ["user = ?", user],
    !!search && likeOrNamed(["client", "clientName", "user", "userAgent"], search, named),
  ]);
}

/** The pulls that `filter` lets through. */
export function pullConditions(filter: PullFilter): Conditions {
  const { client, named, address, image, user, result } = filter;
  return conditions([
    address !== undefined && ["client = ?", address],
    user !== undefined && ["user = ?", user],
    result !== undefined && ["result = ?", result],
    !!client && likeOrNamed(["client", "clientName"], client, named),
    !!image && [
      "instr(lower(registry || '/' || repository || ':' || reference), ?) > 0",
      image.toLowerCase(),
    ],
  ]);
}

/** Rows that have `text` in one of `fields`, or are about one of the addresses `named`. */
function likeOrNamed(
  fields: readonly string[],
  text: string,
  named: readonly string[] = [],
): [string, ...SQLInputValue[]] {
  const addresses = named.map(() => "?").join(", ");
  const where = `instr(lower(${fields.join(" || ' ' || ")}), ?) > 0`;
  return [`(${where} OR client IN (${addresses}))`, text.toLowerCase(), ...named];
}
