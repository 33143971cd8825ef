// The emoji shortcodes the page knows. An unknown one stays as it was written.
// No prototype, here and in other tables: names come from messages, and ":constructor:" must find nothing.

export const EMOJI = {
  __proto__: null,
  "+1": "👍", "-1": "👎", "100": "💯", alarm_clock: "⏰", arrow_down: "⬇️", arrow_right: "➡️",
  arrow_up: "⬆️", arrows_counterclockwise: "🔄", ballot_box_with_check: "☑️", bell: "🔔", boom: "💥",
  book: "📖", books: "📚", brain: "🧠", broom: "🧹", bug: "🐛", bulb: "💡", calendar: "📆",
  chart_with_upwards_trend: "📈", clap: "👏", clipboard: "📋", clock1: "🕐", closed_lock_with_key: "🔐",
  computer: "💻", construction: "🚧", cry: "😢", dart: "🎯", double_vertical_bar: "⏸️",
  exclamation: "❗", eyes: "👀", file_folder: "📁", fire: "🔥", gear: "⚙️", ghost: "👻", grey_question: "❔",
  grin: "😁", grinning: "😀", hammer_and_wrench: "🛠️", hand: "✋", heart: "❤️", heart_eyes: "😍",
  heavy_check_mark: "✔️", heavy_minus_sign: "➖", heavy_plus_sign: "➕", hourglass: "⌛",
  hourglass_flowing_sand: "⏳", inbox_tray: "📥", information_source: "ℹ️", joy: "😂", key: "🔑",
  large_blue_circle: "🔵", large_green_circle: "🟢", large_orange_circle: "🟠", large_red_circle: "🔴",
  large_yellow_circle: "🟡", laughing: "😆", link: "🔗", lock: "🔒", mag: "🔍", mag_right: "🔎",
  memo: "📝", moneybag: "💰", muscle: "💪", new: "🆕", no_entry: "⛔", no_entry_sign: "🚫", octagonal_sign: "🛑",
  ok: "🆗", ok_hand: "👌", open_file_folder: "📂", outbox_tray: "📤", package: "📦", paperclip: "📎",
  partying_face: "🥳", pause_button: "⏸️", pencil: "📝", pencil2: "✏️", point_down: "👇", point_right: "👉",
  pray: "🙏", pushpin: "📌", question: "❓", racehorse: "🐎", raised_hand: "✋", raised_hands: "🙌",
  recycle: "♻️", red_circle: "🔴", repeat: "🔁", robot_face: "🤖", rocket: "🚀", rotating_light: "🚨",
  see_no_evil: "🙈", seedling: "🌱", shield: "🛡️", slightly_smiling_face: "🙂", smile: "😄", smiley: "😃",
  sob: "😭", sparkles: "✨", speech_balloon: "💬", star: "⭐", stop_sign: "🛑", stopwatch: "⏱️",
  sunglasses: "😎", tada: "🎉", technologist: "🧑‍💻", test_tube: "🧪", thinking_face: "🤔", thought_balloon: "💭",
  thumbsdown: "👎", thumbsup: "👍", timer_clock: "⏲️", turtle: "🐢", unlock: "🔓", warning: "⚠️",
  wastebasket: "🗑️", wave: "👋", white_check_mark: "✅", white_circle: "⚪", wrench: "🔧", writing_hand: "✍️",
  x: "❌", yum: "😋", zap: "⚡", zzz: "💤",
};

/** Offered first where a reaction is picked. */
export const FAVOURITES = [
  "white_check_mark", "eyes", "raised_hands", "+1", "-1", "heart", "tada", "rocket", "joy", "thinking_face",
  "pray", "fire", "100", "clap", "wave", "sparkles", "bug", "zap", "memo", "warning", "x", "question", "stop_sign", "robot_face",
];

export const SHORTCODE = /:([a-z0-9_+-]+)(?:::skin-tone-[2-6])?:/;

/** Every known shortcode in plain text replaced, as `emoji: true` of a plain_text object asks for. */
export const withEmoji = (text) =>
  text.replace(new RegExp(SHORTCODE, "g"), (whole, name) => EMOJI[name] ?? whole);
