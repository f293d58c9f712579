// Package slackbot is the desk in Slack: it draws neutral cards as Block Kit,
// posts and updates them, and brings presses, forms, commands and thread
// messages back to the desk. It is the only home of slack-go.
//
//	desk ──Post/Update/Find──► Bot ──Web API──► Slack
//	Slack ──Socket Mode or signed HTTP──► Bot ──bot.Front──► desk
//
// What comes in is acknowledged within milliseconds and handled beside it by a
// bounded number of goroutines. Every delivery has a key and is handled once,
// however often and on whichever connection it arrives.
//
// What goes out is fitted to Slack's limits first (limits.go), is never sent
// twice blindly, and carries its place as message metadata, so that a card
// whose answer was lost can be found again.
//
// # Whose words
//
// Customers' words are hostile: in Slack's mrkdwn, <!channel> pings and
// <url|label> links. They only ever travel in rich_text elements and
// plain_text objects, which Slack does not parse, and escaped in the message's
// fallback text. Control and bidirectional characters are made visible.
//
// # Life cycle
//
// [New] checks the settings and touches no network. [Bot.Serve] finds out who
// the bot is, keeps two sockets open side by side (Socket Mode) or waits for
// requests (HTTP mode, see [Bot.Handler]) until its context ends, and returns
// when the work under way is done.
package slackbot
