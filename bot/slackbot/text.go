package slackbot

import (
	"github.com/slack-go/slack/slackutilsx"

	"github.com/evenkeel/evenkeel/bot/plaintext"
)

// escape is for the few fields that Slack reads as mrkdwn. The words it would
// make live are & < >.
// https://docs.slack.dev/messaging/formatting-message-text#escaping
func escape(s string) string { return slackutilsx.EscapeMessage(s) }

// maxSeparator bounds what stands between two pieces of a text.
const maxSeparator = plaintext.MaxSeparator

const ellipsis = plaintext.Ellipsis

func visible(s string) string { return plaintext.Visible(s) }

func cut(s string, n int) string { return plaintext.Cut(s, n) }

func split(s string, n int) (pieces, separators []string) { return plaintext.Split(s, n) }

func join(pieces, separators []string) string { return plaintext.Join(pieces, separators) }

func runeLen(s string) int { return plaintext.Len(s) }
