package discordbot

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/bwmarrin/discordgo"
)

// Permissions are what the bot needs in its channel, each with what for. The
// invite link asks for exactly these and [Bot.Check] names those that are
// missing. https://docs.discord.com/developers/topics/permissions
var Permissions = []struct {
	Bit       int64
	Name, For string
}{
	{discordgo.PermissionViewChannel, "View Channel", "seeing the channel and its threads"},
	{discordgo.PermissionSendMessages, "Send Messages", "posting cards, and posts in a forum"},
	{discordgo.PermissionEmbedLinks, "Embed Links", "drawing cards"},
	{discordgo.PermissionAttachFiles, "Attach Files", "the picture of a digest"},
	{discordgo.PermissionReadMessageHistory, "Read Message History", "finding its own cards again after a lost answer"},
	{discordgo.PermissionCreatePublicThreads, "Create Public Threads", "a thread for each review"},
	{discordgo.PermissionSendMessagesInThreads, "Send Messages in Threads", "drafts and facts in the threads"},
	{discordgo.PermissionManageThreads, "Manage Threads", "waking and closing threads with their case, also locked ones, and a forum's tags"},
}

// needed are all permissions as one number.
func needed() int64 {
	var bits int64
	for _, p := range Permissions {
		bits |= p.Bit
	}
	return bits
}

// Invite is the link by which somebody with Manage Server lets the bot in, with
// exactly the permissions it needs.
// https://docs.discord.com/developers/topics/oauth2#bot-authorization-flow
func Invite(app string) (string, error) {
	if !isID(app) {
		return "", fmt.Errorf("discord: %q is no application's id; it is a number on the application's General Information page", app)
	}
	q := url.Values{"client_id": {app}, "scope": {"bot applications.commands"}, "permissions": {strconv.FormatInt(needed(), 10)}}
	return "https://discord.com/oauth2/authorize?" + q.Encode(), nil
}

// SwitchOn says what is to be set on the application's pages; base is the
// public address for HTTP mode, "" for the gateway.
func SwitchOn(base string) string {
	lines := []string{
		"On the application's pages (https://discord.com/developers/applications):",
		"  Bot: Reset Token, and keep it for EVENKEEL_DISCORD_TOKEN.",
		"  Bot: Public Bot off, so that nobody else can invite it.",
		"  Bot: no privileged intent. Message Content only if “fact: …” shall count",
		"       without mentioning the bot; then also EVENKEEL_DISCORD_READ_THREADS=yes.",
		"  Installation: Guild Install only, install link None.",
	}
	if base != "" {
		lines = append(lines, "  General Information: Interactions Endpoint URL "+strings.TrimSuffix(base, "/")+Path,
			"       once evenkeel runs there, with EVENKEEL_DISCORD_MODE=http and the Public Key as",
			"       EVENKEEL_DISCORD_PUBLIC_KEY: Discord tries the address before it takes it.")
	} else {
		lines = append(lines, "  General Information: Interactions Endpoint URL stays empty.")
	}
	return strings.Join(lines, "\n")
}
