// What a form's fields become in an act's body. `values` holds a list for every name.

const last = (values, name) => values[name]?.at(-1)?.trim();

export const text = (values, _, name) => last(values, name) || undefined;
export const flag = (values, _, name) => ["true", "yes"].includes(last(values, name));
export const day = text;
export function number(values, _, name) {
  const typed = last(values, name);
  return typed ? Number(typed) : undefined;
}

/** A datetime-local of the project's zone as RFC 3339. */
export function instant(values, { zone }, name) {
  const typed = last(values, name);
  return typed ? inZone(typed, zone) : undefined;
}

const COLUMNS = ["name", "quantity", "unit_price", "old_serial", "new_serial"];

/** Rows of the parts, side by side; a row with nothing but its quantity is none. */
export function parts(values) {
  const rows = (values.part_name ?? []).map((_, n) =>
    Object.fromEntries(COLUMNS.map((name) => [name, values[`part_${name}`]?.[n]?.trim()]).filter(([, value]) => value)));
  const real = rows.filter((row) => Object.keys(row).some((name) => name !== "quantity"));
  return real.length ? real : undefined;
}

/** Rows of the measurements; a row without a value is none. */
export function measurements(values) {
  const rows = (values.measure_name ?? []).map((name, n) => Object.fromEntries(
    [["name", name], ...["before", "after", "unit"].map((each) => [each, values[`measure_${each}`]?.[n]])]
      .map(([key, value]) => [key, value?.trim().replace(",", ".")]).filter(([, value]) => value)));
  const real = rows.filter((row) => row.before || row.after);
  return real.length ? real : undefined;
}

/** How far the zone's clocks are ahead of UTC at an instant, in ms. */
function ahead(at, zone) {
  const told = Object.fromEntries(
    new Intl.DateTimeFormat("en-US", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
      hour: "2-digit", minute: "2-digit", second: "2-digit",
    }).formatToParts(at).map(({ type, value }) => [type, value]),
  );
  const local = Date.UTC(told.year, told.month - 1, told.day, told.hour, told.minute, told.second);
  return local - Math.floor(at / 1000) * 1000;
}

/** "2026-11-25T22:30" of that zone as an instant with an offset. */
export function inZone(typed, zone) {
  const asUtc = Date.parse(`${typed.length === 16 ? `${typed}:00` : typed}Z`);
  if (Number.isNaN(asUtc)) return typed; // the server says what is wrong with it
  const guess = asUtc - ahead(asUtc, zone);
  return new Date(asUtc - ahead(guess, zone)).toISOString();
}

/** An instant (ms) as a datetime-local of that zone. */
export function typedIn(at, zone) {
  return new Date(at + ahead(at, zone)).toISOString().slice(0, 16);
}

/** What was typed, without what belongs to the page and without pictures. */
export function valuesOf(form) {
  const values = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value !== "string" || ["csrf", "key", "next"].includes(name)) continue;
    (values[name] ??= []).push(value.replaceAll("\r\n", "\n"));
  }
  return values;
}
