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

/** "kill" (SIGKILL) or "start" the bot's process. */
export const tellBot = (what) => post("/local/bot", { do: what });

/** The sentence to show for a refused answer. */
export const problemOf = (answer) => answer.message || answer.error || "That did not work.";
