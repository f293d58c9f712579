package commands

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/review"
)

// Token is what a button carries: which row to run on which case, and what the
// person saw when pressing: a press on a card that has moved on is refused.
// Its text form fits Discord's custom_id of 100 characters
// (https://docs.discord.com/developers/components/reference) and is the same
// on every chat.
type Token struct {
	Command  string // the row's name
	Case     int64
	Revision int    // of the review on the card; 0 when it does not matter
	Text     string // first 32 hexadecimal digits of the hash of the text on the card; "" when there is none
	Arg      string // a choice made on the card: a verdict, a finding's check
}

// tokenHash is how much of a text's hash a button carries: 128 bits.
const tokenHash = 32

// maxToken is Discord's limit for a custom_id.
const maxToken = 100

// TextOf is the Text part for a draft.
func TextOf(d *review.Draft) string {
	if d == nil {
		return ""
	}
	return d.Hash().String()[:tokenHash]
}

// Matches tells whether the token speaks of the case's current text and
// review, as far as it speaks of them at all.
func (t Token) Matches(c review.Case) bool {
	if t.Revision != 0 && t.Revision != c.Review.Revision {
		return false
	}
	return t.Text == "" || t.Text == TextOf(c.Draft)
}

// String is the token as buttons carry it; [ParseToken] reads it back.
func (t Token) String() string {
	return t.Command + "|" + strconv.FormatInt(t.Case, 10) + "|" + strconv.Itoa(t.Revision) + "|" + t.Text + "|" + t.Arg
}

// ParseToken reads what [Token.String] wrote. Tokens come back from chats, so
// anybody may have made them up: what is not exactly a token is an error.
func ParseToken(s string) (Token, error) {
	bad := func(why string) (Token, error) { return Token{}, fmt.Errorf("this button is damaged (%s)", why) }
	if len(s) > maxToken {
		return bad("too long")
	}
	parts := strings.SplitN(s, "|", 5)
	if len(parts) != 5 {
		return bad("parts missing")
	}
	id, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || id < 0 {
		return bad("case")
	}
	rev, err := strconv.Atoi(parts[2])
	if err != nil || rev < 0 {
		return bad("revision")
	}
	if !isName(parts[0]) {
		return bad("command")
	}
	if parts[3] != "" && (len(parts[3]) != tokenHash || strings.Trim(parts[3], "0123456789abcdef") != "") {
		return bad("text")
	}
	t := Token{Command: parts[0], Case: id, Revision: rev, Text: parts[3], Arg: parts[4]}
	if t.String() != s {
		return bad("form") // "+1", "007": one token has one spelling
	}
	return t, nil
}

func isName(s string) bool {
	if s == "" || len(s) > 20 {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_-") == ""
}
