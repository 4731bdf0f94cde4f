// Reads config.json: which servers to ask, which root to trust, and who runs the page. Read once, when the page opens.

import { SERVICES, type Services } from "../words/services.ts";
import type { Settings } from "../worker/messages.ts";

/** Who runs the page. Members that are not configured are "". */
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
  /** The telephone lines and accounts that the texts name. Null if all are the usual ones. */
  services: Services | null;
  /** The recorded sounds, in the operator's order. */
  sounds: Recording[];
}

/** A file with all sentences of the page, spoken in one language (docs/page.md). */
export interface Recording {
  /** The BCP 47 tag of the language. */
  language: string;
  /** Its name, as those who speak it call it. */
  name: string;
  /** The path of the file below the page. */
  file: string;
}

/** The time limit for fetching config.json, in milliseconds. */
export const TIME_LIMIT = 20_000;

/**
 * Fetch and read config.json.
 *
 * @returns the configuration, or null when the file is missing or invalid
 * @throws when the server fails or does not respond in time
 */
export function loadConfig(): Promise<Config | null> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), TIME_LIMIT);
  const options: RequestInit = { cache: "no-store", credentials: "omit", redirect: "error", signal: timeout.signal };
  const loaded = fetch("config.json", options).then((response) => {
    if (response.status >= 500) throw new Error("config.json: server error");
    return response.ok ? response.text().then(readConfig) : null;
  });
  const stop = (): void => clearTimeout(timer);
  loaded.then(stop, stop);
  return loaded;
}

/** Parse the text of config.json. Null if it is invalid. Ignores unknown members. */
export function readConfig(text: string): Config | null {
  const body = parse(text);
  if (!isObject(body) || body["format"] !== 1 || !isObject(body["root"])) return null;
  const { server, buckets, channel } = body;
  if (!isOrigin(server) || !isOrigin(buckets) || typeof channel !== "string" || !channel) return null;
  return {
    settings: { server, buckets, channel, root: JSON.stringify(body["root"]) },
    operator: readOperator(body["operator"]),
    services: readServices(body["services"]),
    sounds: Array.isArray(body["sounds"]) ? body["sounds"].filter(isRecording) : [],
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

/** The services that the configuration corrects, among the usual ones. */
function readServices(value: unknown): Services | null {
  if (!isObject(value)) return null;
  const services: Services = { ...SERVICES };
  for (const name of Object.keys(SERVICES) as (keyof Services)[]) services[name] = trimmed(value[name]) || services[name];
  return services;
}

/** Whether a member of `sounds` names a file of the page itself. */
function isRecording(value: unknown): value is Recording {
  if (!isObject(value)) return false;
  const { language, name, file } = value;
  return trimmed(language) !== "" && trimmed(name) !== "" && /^sound\/[\w-]+\.sound$/.test(trimmed(file));
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
