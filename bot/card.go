package bot

import "github.com/evenkeel/evenkeel/commands"

// Tone is a card's meaning at a glance; chats show it as a colour or not at
// all, so nothing is said by it alone.
type Tone string

// The tones.
const (
	Neutral Tone = "neutral"
	Good    Tone = "good" // done, live
	Waiting Tone = "waiting"
	Trouble Tone = "trouble" // needs a person
)

// Card is a message with buttons, for any chat. Texts are plain: a chat
// escapes them as its own mark-up demands, and blocks of kind Quote and Reply
// hold strangers' or unapproved words that must never become mark-up, links or
// mentions.
type Card struct {
	Case    int64    `json:"case"`
	Title   string   `json:"title"`
	Tone    Tone     `json:"tone"`
	Blocks  []Block  `json:"blocks,omitempty"`
	Buttons []Button `json:"buttons,omitempty"`
	Selects []Select `json:"selects,omitempty"`
	// Summary says the card in one line, for notifications and screen readers.
	Summary string `json:"summary"`
	// Link is the case's page in the console, or where to post by hand.
	Links []Link `json:"links,omitempty"`
}

// BlockKind is how a part of a card is drawn.
type BlockKind string

// The kinds of block.
const (
	Para   BlockKind = "para"   // our own words
	Quote  BlockKind = "quote"  // the customer's words
	Draft  BlockKind = "draft"  // a proposed or approved reply, to be read word for word
	Fields BlockKind = "fields" // short label–value pairs: Items with Label and Text
	List   BlockKind = "list"   // lines with a mark: Items with Mark and Text
	Diff   BlockKind = "diff"   // what changed between two texts: Spans
	Small  BlockKind = "small"  // an aside in small print
)

// Block is a part of a card.
type Block struct {
	Kind    BlockKind `json:"kind"`
	Heading string    `json:"heading,omitempty"`
	Text    string    `json:"text,omitempty"`
	Items   []Line    `json:"items,omitempty"`
	Spans   []Span    `json:"spans,omitempty"`
	Lang    string    `json:"lang,omitempty"` // of Text, for screen readers and fonts
}

// Mark is the meaning of a line in a list; chats show a sign and say it.
type Mark string

// The marks.
const (
	Plain Mark = ""
	Done  Mark = "done"  // ✓
	Todo  Mark = "todo"  // ○
	Alert Mark = "alert" // !
	Stop  Mark = "stop"  // ✕ holds something back
)

// Line is one line of a list or one pair of fields.
type Line struct {
	Mark  Mark   `json:"mark,omitempty"`
	Label string `json:"label,omitempty"`
	Text  string `json:"text"`
}

// SpanKind tells what happened to a span of text.
type SpanKind string

// The kinds of span.
const (
	Same    SpanKind = "same"
	Added   SpanKind = "added"
	Deleted SpanKind = "deleted"
)

// Span is a run of words in a diff.
type Span struct {
	Kind SpanKind `json:"kind"`
	Text string   `json:"text"`
}

// Style is a button's weight.
type Style string

// The styles.
const (
	Secondary Style = ""
	Primary   Style = "primary"
	Danger    Style = "danger"
)

// Button runs a row of the command table when pressed. At most 25 stand on a
// card (Slack's actions block, Discord's five rows of five).
type Button struct {
	Label string         `json:"label"` // at most 75 characters, Slack's limit
	Style Style          `json:"style,omitempty"`
	Token commands.Token `json:"token"`
	Form  bool           `json:"form,omitempty"` // pressing opens a form, so the chat must not acknowledge before it opens
	Hint  string         `json:"hint,omitempty"` // for screen readers and tooltips, at most 75
	// Confirm asks once more before a step that readers will see.
	Confirm string `json:"confirm,omitempty"`
}

// Select is a choice made on the card: pressing an option runs the row with
// Token.Arg set to its value.
type Select struct {
	Label   string            `json:"label"` // at most 100 characters
	Token   commands.Token    `json:"token"`
	Options []commands.Option `json:"options"` // at most 25, Discord's limit
	Form    bool              `json:"form,omitempty"`
}

// Link leads out of the chat.
type Link struct {
	Label string `json:"label"`
	URL   string `json:"url"`
}
