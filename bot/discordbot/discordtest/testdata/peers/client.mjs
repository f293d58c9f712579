// discord.js in front of the fake Discord: it logs in, answers what people
// press, and tells on standard output, a JSON line each, what it understood.
import { ButtonStyle, ChannelType, Client, ComponentType, DiscordAPIError, Events, GatewayIntentBits, MessageFlags, TextInputStyle } from 'discord.js';

const say = (what, detail) => console.log(JSON.stringify({ what, ...detail }));
const client = new Client({
  intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages],
  rest: { api: process.env.API, retries: 0 },
  allowedMentions: { parse: [] },
});

const row = (...buttons) => ({ type: ComponentType.ActionRow, components: buttons });
const button = (id) => ({ type: ComponentType.Button, style: ButtonStyle.Primary, label: id, custom_id: id });
const form = {
  custom_id: 'form', title: 'A form',
  components: [{ type: ComponentType.Label, label: 'Words', component: { type: ComponentType.TextInput, custom_id: 'words', style: TextInputStyle.Paragraph, value: 'old' } }],
};
const commands = [
  { name: 'review', description: 'The desk', options: [{ type: 1, name: 'open', description: 'Opens a case',
    options: [{ type: 3, name: 'case', description: 'Which', required: true, autocomplete: true }] }] },
  { name: 'Make a case', type: 3 },
];
const codes = {};
const refused = async (name, call) => {
  try { await call(); codes[name] = 'taken'; } catch (e) { codes[name] = e instanceof DiscordAPIError ? e.code : String(e); }
};

client.once(Events.ClientReady, async () => {
  const guild = await client.guilds.fetch(process.env.GUILD);
  await guild.commands.set(commands);
  const channel = await client.channels.fetch(process.env.CHANNEL);
  const body = { content: 'a card', components: [row(button('go'), button('later'))], nonce: 'n-1', enforceNonce: true };
  const message = await channel.send(body);
  const again = await channel.send(body);
  await message.edit({ content: 'a card, edited' });
  const thread = await message.startThread({ name: 'the case', autoArchiveDuration: 60 });
  const inside = await thread.send('in the thread');
  await refused('second thread', () => channel.threads.create({ name: 'again', startMessage: message.id }));
  await thread.setArchived(true);
  await refused('archived', () => inside.edit('changed'));
  await thread.setArchived(false);
  await inside.edit('changed');
  await refused('long', () => channel.send('x'.repeat(2001)));
  await refused('channel', () => client.channels.fetch('1'));
  const forum = await client.channels.fetch(process.env.FORUM);
  const post = await forum.threads.create({ name: 'a post', message: { content: 'first' } });
  const member = await guild.members.fetch(process.env.USER_ID);
  say('calls', {
    bot: client.user.id, guild: guild.name, channel: channel.name, kind: ChannelType[channel.type], message: message.id, same: again.id === message.id, thread: thread.id,
    post: post.id, forum: ChannelType[forum.type], member: member.user.username, codes, history: (await thread.messages.fetch()).size,
  });
});

client.on(Events.InteractionCreate, async (i) => {
  try {
    if (i.isAutocomplete()) {
      await i.respond([{ name: 'Case 1', value: 'case-1' }]);
      say('autocomplete', { focused: i.options.getFocused(), sub: i.options.getSubcommand() });
    } else if (i.isChatInputCommand()) {
      await i.deferReply({ flags: MessageFlags.Ephemeral });
      await i.editReply('opened ' + i.options.getString('case'));
      await i.followUp({ content: 'and more', flags: MessageFlags.Ephemeral });
      say('command', { name: i.commandName, sub: i.options.getSubcommand(), case: i.options.getString('case'), user: i.user.id });
    } else if (i.isMessageContextMenuCommand()) {
      await i.reply({ content: 'made', flags: MessageFlags.Ephemeral });
      say('menu', { text: i.targetMessage.content, name: i.commandName });
    } else if (i.isButton() && i.customId === 'go') {
      await i.showModal(form);
      say('press', { id: i.customId, user: i.user.id, message: i.message.id, guild: i.guildId, label: i.component.label });
    } else if (i.isButton()) {
      await i.update({ content: 'put off', components: [] });
      say('update', { id: i.customId });
    } else if (i.isModalSubmit()) {
      await i.deferUpdate();
      await i.editReply({ content: 'has words' });
      say('submission', { words: i.fields.getTextInputValue('words'), id: i.customId });
    }
  } catch (e) { say('error', { message: String(e.stack ?? e) }); }
});

client.on(Events.MessageCreate, (m) => { if (!m.author.bot) say('message', { text: m.content, mentions: m.mentions.users.has(client.user.id), author: m.author.username }); });
client.on(Events.ThreadUpdate, (before, after) => say('thread', { archived: after.archived, name: after.name }));
client.on(Events.ShardResume, (id, replayed) => say('resumed', { replayed }));
client.on(Events.Error, (e) => say('error', { message: String(e) }));
client.login(process.env.BOT_TOKEN).catch((e) => say('error', { message: String(e) }));
process.stdin.on('end', () => process.exit(0)).resume();
