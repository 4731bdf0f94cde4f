// config.json: where to ask, what to believe, and who runs the page. Read once, while the page opens.

import type { Settings } from "../worker/messages.ts";

/** Who runs the page; a member that is not configured is "". */
export interface Operator {
  name: { zh: string; en: string };
  telephone: string;
  filing: string;
  /** The page's official address. */
  address: string;
}

export interface Config {
  settings: Settings;
  operator: Operator;
}

/** So long may config.json take, in milliseconds. */
export const TIME_LIMIT = 20_000;

/** Fetch and read config.json. Null when it is there but broken; rejects when it cannot be had in time. */
export function loadConfig(): Promise<Config | null> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), TIME_LIMIT);
  const options: RequestInit = { cache: "no-store", credentials: "omit", redirect: "error", signal: timeout.signal };
  const loaded = fetch("config.json", options).then((response) => {
    if (response.status >= 500) throw new Error("config.json: not now");
    return response.ok ? response.text().then(readConfig) : null;
  });
  const stop = (): void => clearTimeout(timer);
  loaded.then(stop, stop);
  return loaded;
}

/** The text of config.json; null when it breaks its format. Members without a meaning are ignored. */
export function readConfig(text: string): Config | null {
  const body = parse(text);
  if (!isObject(body) || body["format"] !== 1 || !isObject(body["root"])) return null;
  const { server, buckets, channel } = body;
  if (!isOrigin(server) || !isOrigin(buckets) || typeof channel !== "string" || !channel) return null;
  return {
    settings: { server, buckets, channel, root: JSON.stringify(body["root"]) },
    operator: readOperator(body["operator"]),
  };
}

function readOperator(value: unknown): Operator {
  const body = isObject(value) ? value : {};
  const name = isObject(body["name"]) ? body["name"] : {};
  return {
    name: { zh: trimmed(name["zh"]), en: trimmed(name["en"]) },
    telephone: trimmed(body["telephone"]),
    filing: trimmed(body["filing"]),
    address: trimmed(body["address"]),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOrigin(value: unknown): value is string {
  return typeof value === "string" && /^(https?:\/\/[^\s]+)?$/.test(value);
}

function trimmed(value: unknown): string {
  return typeof value === "string" ? value.trim() : "";
}
