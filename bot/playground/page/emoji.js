// Slack's emoji by shortcode. One that is unknown stays as it was written.
const known = await fetch(new URL("vendor/emoji.json", import.meta.url));

// No prototype, here and in other tables: names come from messages, and ":constructor:" must find nothing.
export const EMOJI = Object.assign(Object.create(null), await known.json());

/** Offered first where a reaction is picked. */
export const FAVOURITES = [
  "white_check_mark", "eyes", "raised_hands", "+1", "-1", "heart", "tada", "rocket", "joy", "thinking_face",
  "pray", "fire", "100", "clap", "wave", "sparkles", "bug", "zap", "memo", "warning", "x", "question", "octagonal_sign", "robot_face",
];

export const SHORTCODE = /:([a-z0-9_+-]+)(?:::skin-tone-[2-6])?:/;

/** Every known shortcode in plain text replaced, as `emoji: true` of a plain_text object asks for. */
export const withEmoji = (text) =>
  text.replace(new RegExp(SHORTCODE, "g"), (whole, name) => EMOJI[name] ?? whole);
