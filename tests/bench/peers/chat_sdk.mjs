// A bot with Vercel's Chat SDK that streams scripts into the threads that ask for them.
// Prints a JSON line when it is ready, and for each piece it says and each script it ends.

import { readFileSync } from "node:fs";
import { createSlackAdapter } from "@chat-adapter/slack";
import { createMemoryState } from "@chat-adapter/state-memory";
import { Chat, ConsoleLogger } from "chat";

const scripts = JSON.parse(readFileSync(process.env.BENCH_SCRIPTS, "utf8"));
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const now = () => (performance.timeOrigin + performance.now()) / 1000;
const sleep = (seconds) => new Promise((done) => setTimeout(done, Math.max(0, seconds * 1000)));

/** What a model says: it does not wait for whoever listens. */
async function* told(number) {
  const said = [];
  let wake = () => {};
  (async () => {
    const began = now();
    for (const [at, text] of scripts[number]) {
      await sleep(began + at - now());
      tell({ said: [number, now(), text] });
      said.push(text);
      wake();
    }
    tell({ ended: [number, now()] });
    said.push(null);
    wake();
  })();
  for (;;) {
    while (said.length > 0) {
      const text = said.shift();
      if (text === null) return;
      yield text;
    }
    await new Promise((resume) => {
      wake = resume;
    });
  }
}

// Standard output belongs to the lines above; Slack's client would log there.
console.log = console.info = console.debug = console.error;
const logger = new ConsoleLogger("silent");
const bot = new Chat({
  userName: "threadline",
  logger,
  state: createMemoryState(),
  adapters: {
    slack: createSlackAdapter({
      mode: "socket",
      logger,
      agentView: true,
      botToken: process.env.SLACK_BOT_TOKEN,
      appToken: process.env.SLACK_APP_TOKEN,
      apiUrl: process.env.SLACK_API_URL,
      nativeStreaming: process.env.BENCH_NATIVE === "yes",
    }),
  },
});

const answer = async (thread, message) => {
  const asked = [...message.text.matchAll(/play (\d+)/g)].at(-1);
  await thread.post(told(Number(asked[1])));
};
bot.onNewMention(answer);
bot.onDirectMessage(answer);
await bot.initialize();
tell({ ready: true });
