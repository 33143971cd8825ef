// An app as the documentation of Bolt for JavaScript writes one: what the tests do, it answers.
// `node app.js socket` connects by Socket Mode; `node app.js http` prints where it listens.
const { App } = require("@slack/bolt");

const { SLACK_API_URL, SLACK_APP_TOKEN, SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET } = process.env;
const overHttp = process.argv[2] === "http";

const app = new App({
  token: SLACK_BOT_TOKEN,
  clientOptions: { slackApiUrl: SLACK_API_URL },
  ...(overHttp
    ? { signingSecret: SLACK_SIGNING_SECRET }
    : { socketMode: true, appToken: SLACK_APP_TOKEN }),
});

const plain = (text) => ({ type: "plain_text", text });
const button = (action_id, text) => ({ type: "button", action_id, text: plain(text) });
const section = (text) => ({ type: "section", text: { type: "mrkdwn", text } });

const menu = {
  type: "external_select",
  action_id: "where",
  min_query_length: 0,
  placeholder: plain("Where"),
};

const form = {
  type: "modal",
  callback_id: "deny",
  title: plain("Deny"),
  submit: plain("Send"),
  blocks: [
    {
      type: "input",
      block_id: "reason",
      label: plain("Reason"),
      element: { type: "plain_text_input", action_id: "why" },
    },
  ],
};

app.event("app_mention", async ({ event, body, client, say }) => {
  if (event.text.includes("stream")) {
    const stream = client.chatStream({
      channel: event.channel,
      thread_ts: event.ts,
      recipient_team_id: body.team_id,
      recipient_user_id: event.user,
      buffer_size: 4,
    });
    for (const word of ["**One** ", "two ", "three."]) {
      await stream.append({ markdown_text: word });
    }
    await stream.stop();
    return;
  }
  const elements = [button("press", "Press"), button("ask", "Deny"), menu];
  await say({
    text: "Hello",
    thread_ts: event.ts,
    blocks: [section("Hello"), { type: "actions", elements }],
  });
});

// Every subscribed event wants an answer.
app.event("message", async () => {});

app.action("press", async ({ ack, body, client }) => {
  await ack();
  const { channel, message } = body;
  const text = "Pressed";
  await client.chat.update({ channel: channel.id, ts: message.ts, text, blocks: [section(text)] });
});

app.action("ask", async ({ ack, body, client }) => {
  await ack();
  await client.views.open({ trigger_id: body.trigger_id, view: form });
});

app.action("where", async ({ ack }) => ack());

app.view("deny", async ({ ack, view }) => {
  const given = view.state.values.reason.why.value;
  if (given.length < 4) {
    await ack({ response_action: "errors", errors: { reason: "Say more." } });
  } else {
    await ack();
  }
});

app.options("where", async ({ ack, payload }) =>
  ack({ options: [{ text: plain(`${payload.value}lin`), value: "berlin" }] }),
);

app.command("/echo", async ({ ack, command }) => ack(`You said ${command.text}`));

app.shortcut("begin", async ({ ack, client, shortcut }) => {
  await ack();
  await client.views.open({ trigger_id: shortcut.trigger_id, view: form });
});

async function main() {
  const server = await (overHttp ? app.start({ port: 0, host: "127.0.0.1" }) : app.start());
  console.log(`ready at ${overHttp ? server.address().port : "a socket"}`);
}

main();
