// @discordjs/builders as a judge of payloads. Its constructors check nothing,
// so every value goes through the setter that checks it. Standard input brings
// one payload a line, {name, shape, body}; standard output says {name, error},
// with an empty error for what is good.
import { createInterface } from 'node:readline';
import {
  ActionRowBuilder, ButtonBuilder, ContainerBuilder, ContextMenuCommandBuilder, EmbedBuilder, LabelBuilder, ModalBuilder, SectionBuilder, SeparatorBuilder,
  SlashCommandBuilder, StringSelectMenuBuilder, StringSelectMenuOptionBuilder, TextDisplayBuilder, TextInputBuilder, UserSelectMenuBuilder, RoleSelectMenuBuilder,
  ChannelSelectMenuBuilder, MentionableSelectMenuBuilder, embedLength,
} from '@discordjs/builders';

const given = (v) => v !== undefined && v !== null;
// set calls a setter with what the payload has.
const set = (b, from, pairs) => { for (const [key, setter] of Object.entries(pairs)) if (given(from[key])) b[setter](from[key]); return b; };

const embed = (e) => {
  const b = set(new EmbedBuilder(), e, { title: 'setTitle', description: 'setDescription', url: 'setURL', color: 'setColor' });
  if (given(e.timestamp)) b.setTimestamp(new Date(e.timestamp));
  if (given(e.footer)) b.setFooter({ text: e.footer.text, iconURL: e.footer.icon_url });
  if (given(e.author)) b.setAuthor({ name: e.author.name, url: e.author.url, iconURL: e.author.icon_url });
  if (given(e.fields)) b.setFields(e.fields.map((f) => ({ name: f.name, value: f.value, inline: f.inline ?? false })));
  if (given(e.image)) b.setImage(e.image.url);
  if (given(e.thumbnail)) b.setThumbnail(e.thumbnail.url);
  return b.toJSON();
};

const selects = { 5: UserSelectMenuBuilder, 6: RoleSelectMenuBuilder, 7: MentionableSelectMenuBuilder, 8: ChannelSelectMenuBuilder };
const select = (b, c) => set(b, c, { custom_id: 'setCustomId', placeholder: 'setPlaceholder', min_values: 'setMinValues', max_values: 'setMaxValues', disabled: 'setDisabled' });
const optionOf = (o) => {
  const b = set(new StringSelectMenuOptionBuilder(), o, { label: 'setLabel', value: 'setValue', description: 'setDescription', default: 'setDefault' });
  if (given(o.emoji)) b.setEmoji(o.emoji);
  return b;
};

function component(c) {
  switch (c.type) {
    case 1: return new ActionRowBuilder().setComponents(...c.components.map(component));
    case 2: {
      const b = set(new ButtonBuilder(), c, { style: 'setStyle', label: 'setLabel', custom_id: 'setCustomId', url: 'setURL', disabled: 'setDisabled' });
      if (given(c.emoji)) b.setEmoji(c.emoji);
      return b;
    }
    case 3: return select(new StringSelectMenuBuilder(), c).setOptions(...c.options.map(optionOf));
    case 4: return set(new TextInputBuilder(), c, { custom_id: 'setCustomId', label: 'setLabel', style: 'setStyle', min_length: 'setMinLength', max_length: 'setMaxLength',
      placeholder: 'setPlaceholder', value: 'setValue', required: 'setRequired' });
    case 5: case 6: case 7: case 8: return select(new selects[c.type](), c);
    case 9: {
      const b = new SectionBuilder().addTextDisplayComponents(...c.components.map(component));
      if (c.accessory.type !== 2) throw new Error('an accessory of type ' + c.accessory.type + ' is not judged here');
      return b.setButtonAccessory(component(c.accessory));
    }
    case 10: return new TextDisplayBuilder().setContent(c.content);
    case 14: return set(new SeparatorBuilder(), c, { divider: 'setDivider', spacing: 'setSpacing' });
    case 17: {
      const b = set(new ContainerBuilder(), c, { accent_color: 'setAccentColor', spoiler: 'setSpoiler' });
      for (const inner of c.components) b.spliceComponents(b.components.length, 0, component(inner));
      return b;
    }
    case 18: {
      const b = set(new LabelBuilder(), c, { label: 'setLabel', description: 'setDescription' });
      const kind = { 3: 'setStringSelectMenuComponent', 4: 'setTextInputComponent' }[c.component.type];
      if (!kind) throw new Error('a label around type ' + c.component.type + ' is not judged here');
      return b[kind](component(c.component));
    }
    default: throw new Error('a component of type ' + c.type + ' is not judged here');
  }
}

function message(m) {
  const embeds = (m?.embeds ?? []).map(embed);
  const total = embeds.reduce((n, e) => n + embedLength(e), 0);
  if (total > 6000) throw new Error('embeds of ' + total + ' characters');
  for (const c of m?.components ?? []) component(c).toJSON();
}

function modal(m) {
  const b = new ModalBuilder().setCustomId(m.custom_id).setTitle(m.title);
  for (const c of m.components) {
    if (c.type === 18) b.addLabelComponents(component(c)); else if (c.type === 10) b.addTextDisplayComponents(component(c)); else b.addComponents(component(c));
  }
  b.toJSON();
}

const adders = { 3: 'addStringOption', 4: 'addIntegerOption', 5: 'addBooleanOption', 6: 'addUserOption', 7: 'addChannelOption', 8: 'addRoleOption', 9: 'addMentionableOption', 10: 'addNumberOption' };
function options(b, list) {
  for (const o of list ?? []) {
    const named = (x) => x.setName(o.name).setDescription(o.description);
    if (o.type === 1) b.addSubcommand((sub) => options(named(sub), o.options));
    else if (o.type === 2) b.addSubcommandGroup((group) => options(named(group), o.options));
    else b[adders[o.type]]((x) => {
      set(named(x), o, { required: 'setRequired', min_length: 'setMinLength', max_length: 'setMaxLength', min_value: 'setMinValue', max_value: 'setMaxValue', autocomplete: 'setAutocomplete' });
      if (given(o.choices) && o.choices.length) x.setChoices(...o.choices.map((c) => ({ name: c.name, value: c.value })));
      return x;
    });
  }
  return b;
}

function commands(list) {
  for (const c of list) {
    const menu = c.type === 2 || c.type === 3;
    const b = menu ? new ContextMenuCommandBuilder().setName(c.name).setType(c.type) : new SlashCommandBuilder().setName(c.name).setDescription(c.description);
    if (given(c.default_member_permissions)) b.setDefaultMemberPermissions(c.default_member_permissions);
    if (given(c.contexts)) b.setContexts(...c.contexts);
    (menu ? b : options(b, c.options)).toJSON();
  }
}

function judge(shape, body) {
  switch (shape) {
    case 'message': case 'edit': case 'follow-up': case 'follow-up edit': return message(body);
    case 'callback': if (body.type === 9) return modal(body.data); return message(body.data);
    case 'modal': return modal(body);
    case 'commands': return commands(body);
    case 'forum post': return message(body.message);
    case 'thread': case 'bare thread': case 'thread edit': return undefined; // builders know no threads
    default: throw new Error('no shape ' + shape);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { name, shape, body } = JSON.parse(line);
  let error = '';
  try { judge(shape, body); } catch (e) { error = String(e.message ?? e); }
  console.log(JSON.stringify({ name, error }));
}
