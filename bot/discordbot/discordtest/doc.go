// Package discordtest is a Discord for tests: the REST methods that the bot
// uses, the gateway, the signed requests of the interactions endpoint, and the
// people who press and type. It enforces what Discord enforces, so that a test
// fails here and not on somebody's server:
//
//   - first answers to interactions within 3 seconds, once, of a type that
//     fits; modals first and never after a modal; tokens that live 15 minutes,
//   - the structure and the limits of messages, modals, commands and threads
//     (see Judge),
//   - forms with files: the names of their parts, attachments that speak of
//     them, embeds that show them, and what files may weigh,
//   - nonces within minutes, and every ping that a text would cause,
//   - permissions by role, channel and member, with Discord's error codes,
//   - archived and locked threads, tags of forums, one thread a message,
//   - rates per route and for all, answered with headers and 429,
//   - the gateway's handshake, heartbeats, resumes with replay, invalid
//     sessions, intents and close codes; texts withheld without the
//     privileged intent,
//   - answers that are lost, deliveries that come twice, connections that
//     break in mid-press.
//
// A Server lives as long as its test. Times that matter (3 seconds, 15
// minutes, the nonce's minutes, auto archive) are read from Config.Now.
// discord.js is a second client of it (see testdata/peers): what discord.js
// does not understand, this fake must not say.
//
// Only tests import it.
package discordtest
