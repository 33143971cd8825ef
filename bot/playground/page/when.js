// Slack timestamps as people read them.

const dateOf = (ts) => new Date(Number(ts.split(".")[0]) * 1000);

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat("en", { weekday: "long", month: "long" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

export const timeOf = (ts) => clock.format(dateOf(ts));

/** For the gutter of a grouped message: the time without am or pm, there is no room for it. */
export const shortTimeOf = (ts) => timeOf(ts).replace(/\s?[AP]M$/i, "");

export const exactTimeOf = (ts) => full.format(dateOf(ts));

export const dayOf = (ts) => dateOf(ts).toDateString();

function daysAgo(date) {
  const midnight = (value) => new Date(value).setHours(0, 0, 0, 0);
  return Math.round((midnight(Date.now()) - midnight(date)) / 86_400_000);
}

function ordinal(number) {
  const teen = number % 100 > 10 && number % 100 < 14;
  return `${number}${teen ? "th" : (["th", "st", "nd", "rd"][number % 10] ?? "th")}`;
}

/** "Today", "Yesterday", else "Friday, November 20th", as Slack's day dividers say it. */
export function dayName(ts) {
  const date = dateOf(ts);
  const ago = daysAgo(date);
  if (ago === 0) return "Today";
  if (ago === 1) return "Yesterday";
  const parts = Object.fromEntries(weekday.formatToParts(date).map(({ type, value }) => [type, value]));
  const year = date.getFullYear() === new Date().getFullYear() ? "" : `, ${date.getFullYear()}`;
  return `${parts.weekday}, ${parts.month} ${ordinal(date.getDate())}${year}`;
}

/** "9:41 AM" today, else with its day. */
export const dayAndTimeOf = (ts) =>
  daysAgo(dateOf(ts)) === 0 ? timeOf(ts) : `${dayName(ts)} at ${timeOf(ts)}`;

/** "Last reply today at 9:41 AM" of a thread. */
export function lastReply(ts) {
  const ago = daysAgo(dateOf(ts));
  if (ago === 0) return `Last reply today at ${timeOf(ts)}`;
  return ago === 1 ? "Last reply yesterday" : `Last reply ${ago} days ago`;
}

/** Whether two timestamps are near enough for their messages to stand as one group. */
export const closeTogether = (earlier, later) => dateOf(later) - dateOf(earlier) < 5 * 60_000;

const numeric = new Intl.DateTimeFormat("en-CA");
const plainDate = new Intl.DateTimeFormat("en", { dateStyle: "long" });
const shortDate = new Intl.DateTimeFormat("en", { dateStyle: "medium" });
const longDate = new Intl.DateTimeFormat("en", { dateStyle: "full" });
const seconds = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

/** Slack says the near days by name in the `_pretty` forms. */
const pretty = (date, otherwise) => ["today", "yesterday"][daysAgo(date)] ?? otherwise.format(date);

const TOKENS = {
  date_num: (date) => numeric.format(date),
  date: (date) => plainDate.format(date),
  date_short: (date) => shortDate.format(date),
  date_long: (date) => longDate.format(date),
  date_pretty: (date) => pretty(date, plainDate),
  date_short_pretty: (date) => pretty(date, shortDate),
  date_long_pretty: (date) => pretty(date, longDate),
  time: (date) => clock.format(date),
  time_secs: (date) => seconds.format(date),
};

/** What `<!date^1700000000^{date_short} at {time}|…>` shows: the reader's own date and time. */
export const formatted = (ts, format) =>
  format.replace(/\{(\w+)\}/g, (token, name) => TOKENS[name]?.(dateOf(ts)) ?? token);
