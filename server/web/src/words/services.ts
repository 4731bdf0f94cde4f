// The telephone lines and accounts that the texts name. config.json can correct them without a new build.

export const SERVICES = {
  police: "110",
  antifraud: "96110",
  reports: "12377",
  complaints: "010-12321",
  warnings: "12381",
  results: "10699000",
  lookup_account: "工信微报",
  complaints_account: "12321受理中心",
};

export type Services = typeof SERVICES;

/**
 * A copy of a table of texts in which each service is named as in `services`. A longer name is matched before a shorter
 * one that it contains, such as 96110 before 110.
 */
export function withServices<T>(texts: T, services: Services): T {
  const names = Object.keys(SERVICES) as (keyof Services)[];
  const byText: Record<string, string> = {};
  for (const name of names) byText[SERVICES[name]] = services[name];
  const longestFirst = Object.keys(byText).sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.join("|"), "g");
  const correct = (value: unknown): unknown => {
    if (typeof value === "string") return value.replace(pattern, (text) => byText[text] as string);
    if (typeof value !== "object" || value === null) return value;
    const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [] : {};
    for (const key of Object.keys(value)) (copy as Record<string, unknown>)[key] = correct((value as Record<string, unknown>)[key]);
    return copy;
  };
  return correct(texts) as T;
}
