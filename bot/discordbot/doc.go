// Package discordbot is the desk in Discord: it draws neutral cards as embeds
// with buttons, posts and updates them in threads, and brings presses, forms,
// commands and messages back to the desk. It is the only home of discordgo.
//
//	desk ──Post/Update/Find──► Bot ──REST──► Discord
//	Discord ──gateway or signed HTTP──► Bot ──bot.Front──► desk
//
// # What is drawn how
//
// A card is one message: its title and summary as content, which is what
// notifications and screen readers get, its blocks as embeds, its buttons and
// choices as action rows. Components V2 would look a little better and cannot
// hold every card: all its text together has 4,000 characters, where embeds
// have 6,000 beside a content of 2,000, and the longest reply that a platform
// takes has 5,970. The foot of the last embed names the card's place
// (case-7-draft-2), by which it is found again after a lost answer.
//
// # What of discordgo is used
//
// Its types and constants, its signature check, and its way to the REST API
// with all its own repeating and waiting switched off: a 502 is repeated by
// the desk after it has looked, and a rate limit is obeyed with a context.
// Its gateway is not used. In v0.29.0 that retries fatal close codes for ever,
// ends its session when it reconnects, ignores resume_gateway_url, waits
// without a deadline, and hands over half-decoded events when it meets a
// component that it does not know; presses would be lost. The gateway here
// (gateway.go) is small, resumes, and decodes only what it needs.
//
// # Whose words
//
// Customers' words are hostile: markdown, mentions, masked links, spoilers.
// Every sign that Discord's markdown could read is escaped, controls and
// bidirectional characters are made visible, and every message says
// allowed_mentions {"parse": []}, so that nothing ever pings.
//
// # Life cycle
//
// [New] checks the settings and touches no network. [Bot.Serve] registers the
// commands, waits for its turn at the gateway where several replicas share it,
// stays connected until its context ends, and returns when the work under way
// is done. In HTTP mode Discord brings presses and commands to [Bot.Handler];
// what people write in threads still comes by the gateway.
package discordbot
