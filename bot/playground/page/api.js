// What the page asks of the local Slack. Nothing here throws: every answer is {ok, ...}.

const UNREACHABLE = {
  ok: false,
  error: "unreachable",
  message: "The local Slack does not answer. Is it still running?",
};

async function post(path, body) {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    return response.ok || response.headers.get("Content-Type")?.includes("json")
      ? await response.json()
      : { ok: false, error: String(response.status), message: await response.text() };
  } catch {
    return UNREACHABLE;
  }
}

/** Do something as a person: post, edit, delete, react, click, stop, open_home, open_dm. */
export const act = (person, what, details) => post("/local/act", { as: person, do: what, ...details });

/** Say something where `place` ({channel, thread_ts?, reply_broadcast?}) is, with files ({name, content in base64}) if any. */
export const say = (person, place, text, files = []) =>
  files.length ? act(person, "upload", { ...place, text, files }) : act(person, "post", { ...place, text });

/** "kill" (SIGKILL) or "start" the bot's process. */
export const tellBot = (what) => post("/local/bot", { do: what });

/** Let something go wrong: see the words of POST /local/fault. */
export const befall = (what, details) => post("/local/fault", { do: what, ...details });

/** The sentence to show for a refused answer. */
export const problemOf = (answer) => answer.message || answer.error || "That did not work.";
