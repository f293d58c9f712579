// Slack's own framework in front of the fake Slack: what it understands of
// each delivery goes to standard output, a JSON line each, and it calls the
// Web API as a real app does. MODE is socket or http.
import bolt from '@slack/bolt';

const { App, LogLevel } = bolt;
const say = (what, detail) => console.log(JSON.stringify({ what, ...detail }));
const common = {
  token: process.env.BOT_TOKEN,
  logLevel: LogLevel.ERROR,
  clientOptions: { slackApiUrl: process.env.API, retryConfig: { retries: 0 } },
};
const app = process.env.MODE === 'http'
  ? new App({ ...common, signingSecret: process.env.SIGNING_SECRET, endpoints: ['/slack/events', '/slack/interactive', '/slack/command'] })
  : new App({ ...common, appToken: process.env.APP_TOKEN, socketMode: true });

const form = {
  type: 'modal', callback_id: 'form', title: { type: 'plain_text', text: 'A form' }, submit: { type: 'plain_text', text: 'Send' },
  blocks: [{ type: 'input', block_id: 'words', label: { type: 'plain_text', text: 'Words' }, element: { type: 'plain_text_input', action_id: 'v' } }],
};

app.command('/review', async ({ command, ack, respond }) => {
  await ack({ response_type: 'ephemeral', text: 'heard ' + command.text });
  await respond({ response_type: 'ephemeral', text: 'and again' });
  say('command', { text: command.text, user: command.user_id, channel: command.channel_id });
});

app.action(/.*/, async ({ action, body, ack, client, respond }) => {
  await ack();
  if (action.type === 'static_select' || action.type === 'overflow') {
    say('choice', { value: action.selected_option.value, id: action.action_id });
    return;
  }
  await client.views.open({ trigger_id: body.trigger_id, view: form });
  let twice = '';
  try { await client.views.open({ trigger_id: body.trigger_id, view: form }); } catch (e) { twice = e.data.error; }
  if (body.message) await respond({ response_type: 'ephemeral', replace_original: false, text: 'opened' });
  say('press', { value: action.value, id: action.action_id, user: body.user.id, message: body.message?.ts, container: body.container.type, twice });
});

app.view('form', async ({ view, body, ack }) => {
  const words = view.state.values.words.v.value;
  if (words === 'bad') { await ack({ response_action: 'errors', errors: { words: 'not these' } }); } else { await ack(); }
  say('submission', { words, user: body.user.id });
});

app.shortcut('make_case', async ({ shortcut, ack }) => {
  await ack();
  say('shortcut', { text: shortcut.message.text, type: shortcut.type });
});

app.event('app_mention', async ({ event }) => say('mention', { text: event.text, thread: event.thread_ts }));
app.message(async ({ message }) => say('message', { text: message.text, thread: message.thread_ts, user: message.user }));
app.event('app_home_opened', async ({ event, client }) => {
  await client.views.publish({ user_id: event.user, view: { type: 'home', blocks: [{ type: 'section', text: { type: 'plain_text', text: 'Home' } }] } });
  say('home', { user: event.user });
});
app.error(async (error) => say('error', { message: String(error.message || error) }));

async function calls() {
  const channel = process.env.CHANNEL;
  const posted = await app.client.chat.postMessage({
    channel, text: 'parent', metadata: { event_type: 'test', event_payload: { place: 'here' } },
    blocks: [{ type: 'actions', elements: [
      { type: 'button', action_id: 'go', value: 'token', text: { type: 'plain_text', text: 'Go' } },
      { type: 'static_select', action_id: 'pick', placeholder: { type: 'plain_text', text: 'Pick' }, options: [{ value: 'one', text: { type: 'plain_text', text: 'One' } }] },
    ] }],
  });
  await app.client.chat.postMessage({ channel, thread_ts: posted.ts, text: 'reply' });
  await app.client.chat.update({ channel, ts: posted.ts, text: 'parent, edited', blocks: posted.message.blocks });
  const history = await app.client.conversations.history({ channel, include_all_metadata: true });
  const replies = await app.client.conversations.replies({ channel, ts: posted.ts });
  const info = await app.client.conversations.info({ channel });
  const who = await app.client.users.info({ user: process.env.USER_ID });
  const errors = {};
  for (const [name, call] of Object.entries({
    channel: () => app.client.chat.postMessage({ channel: 'C0NOWHERE', text: 'x' }),
    blocks: () => app.client.chat.postMessage({ channel, text: 'x', blocks: [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }] }),
    long: () => app.client.chat.update({ channel, ts: posted.ts, text: 'x'.repeat(4001) }),
    gone: () => app.client.chat.update({ channel, ts: '1.1', text: 'x' }),
    token: () => app.client.chat.postMessage({ channel, text: 'x', token: 'xoxb-other' }),
  })) {
    try { await call(); errors[name] = 'none'; } catch (e) { errors[name] = e.data?.error ?? String(e); }
  }
  say('calls', {
    ts: posted.ts, place: history.messages[0].metadata.event_payload.place, text: history.messages[0].text,
    replies: replies.messages.length, channel: info.channel.name, who: who.user.profile.real_name, errors,
  });
}

await app.start(Number(process.env.PORT || 0));
await calls();
say('ready', { port: process.env.MODE === 'http' ? app.receiver.server.address().port : 0 });
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
