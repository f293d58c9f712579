package slackbot

import (
	"encoding/json"
	"regexp"
	"strings"
)

// What Slack delivers is decoded into these few fields and not into slack-go's
// types: those decode every block of the message that a press came from, and
// one malformed block of another app would lose the delivery.

// user is a person in a payload.
type user struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Name     string `json:"name"`
	Team     string `json:"team_id"` // the person's own workspace, "" when Slack does not say
}

// known is the best name at hand when Slack does not tell another.
func (u user) known() string {
	if u.Name != "" {
		return u.Name
	}
	return u.Username
}

// interaction is a press, a shortcut or a submitted form.
// https://docs.slack.dev/reference/interaction-payloads
type interaction struct {
	Type        string `json:"type"`
	CallbackID  string `json:"callback_id"`
	TriggerID   string `json:"trigger_id"`
	ResponseURL string `json:"response_url"`
	ActionTS    string `json:"action_ts"`
	User        user   `json:"user"`
	Team        struct {
		ID         string `json:"id"`
		Enterprise string `json:"enterprise_id"`
	} `json:"team"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	Container struct {
		Type      string `json:"type"`
		MessageTS string `json:"message_ts"`
		ThreadTS  string `json:"thread_ts"`
		ChannelID string `json:"channel_id"`
	} `json:"container"`
	Message struct {
		TS       string `json:"ts"`
		ThreadTS string `json:"thread_ts"`
		Text     string `json:"text"`
	} `json:"message"`
	View struct {
		ID              string `json:"id"`
		Hash            string `json:"hash"`
		Type            string `json:"type"`
		CallbackID      string `json:"callback_id"`
		PrivateMetadata string `json:"private_metadata"`
		State           struct {
			Values map[string]map[string]inputState `json:"values"`
		} `json:"state"`
	} `json:"view"`
	Actions []struct {
		ActionID       string `json:"action_id"`
		BlockID        string `json:"block_id"`
		ActionTS       string `json:"action_ts"`
		Value          string `json:"value"`
		SelectedOption *struct {
			Value string `json:"value"`
		} `json:"selected_option"`
	} `json:"actions"`
}

// from is the workspace that it comes from.
func (p interaction) from() workspace { return workspace{p.Team.ID, p.Team.Enterprise} }

// channel is where it happened, "" in a view.
func (p interaction) channel() string {
	if p.Channel.ID != "" {
		return p.Channel.ID
	}
	return p.Container.ChannelID
}

// thread is the thread it happened in, "" outside of one.
func (p interaction) thread() string {
	if p.Container.ThreadTS != "" {
		return p.Container.ThreadTS
	}
	return p.Message.ThreadTS
}

// key names this one act of this one person, on whichever connection and how
// often ever it arrives.
func (p interaction) key() string {
	switch p.Type {
	case "block_actions":
		if len(p.Actions) == 0 {
			return ""
		}
		a := p.Actions[0]
		return "press:" + a.ActionTS + ":" + a.ActionID + ":" + p.User.ID
	case "view_submission":
		if p.TriggerID == "" {
			return "form:" + p.View.ID + ":" + p.View.Hash
		}
		return "form:" + p.View.ID + ":" + p.TriggerID
	}
	return p.Type + ":" + p.TriggerID + ":" + p.ActionTS
}

// value is what the pressed element carries.
func (p interaction) value() string {
	a := p.Actions[0]
	if a.SelectedOption != nil {
		return a.SelectedOption.Value
	}
	return a.Value
}

// slash is a typed command.
// https://docs.slack.dev/interactivity/implementing-slash-commands
type slash struct {
	Command     string `json:"command"`
	Text        string `json:"text"`
	UserID      string `json:"user_id"`
	UserName    string `json:"user_name"`
	ChannelID   string `json:"channel_id"`
	ResponseURL string `json:"response_url"`
	TriggerID   string `json:"trigger_id"`
	Team        string `json:"team_id"`
	Enterprise  string `json:"enterprise_id"`
}

// event is an Events API delivery.
// https://docs.slack.dev/apis/events-api
type event struct {
	Type       string `json:"type"`
	Challenge  string `json:"challenge"`
	EventID    string `json:"event_id"`
	Team       string `json:"team_id"`
	Enterprise string `json:"enterprise_id"`
	Shared     bool   `json:"is_ext_shared_channel"`
	Event      struct {
		Type         string `json:"type"`
		Subtype      string `json:"subtype"`
		User         string `json:"user"`
		BotID        string `json:"bot_id"`
		Text         string `json:"text"`
		TS           string `json:"ts"`
		ThreadTS     string `json:"thread_ts"`
		ParentUserID string `json:"parent_user_id"`
		Channel      string `json:"channel"`
		Tab          string `json:"tab"`
		Team         string `json:"team"` // the author's
	} `json:"event"`
}

// from is the workspace that it comes from. In a channel that companies share
// that may be any of them; there the author's own counts.
func (e event) from() workspace {
	if e.Shared {
		return workspace{}
	}
	return workspace{e.Team, e.Enterprise}
}

func decode[T any](body []byte) (v T, err error) {
	err = json.Unmarshal(body, &v)
	return v, err
}

// tag is one of Slack's own marks in a text that people wrote.
// https://docs.slack.dev/messaging/formatting-message-text#retrieving-messages
var tag = regexp.MustCompile(`<([^<>]*)>`)

var unescape = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// written gives a text as its author sees it, and whether it names the bot.
// The bot's own name is taken out.
func written(text, bot string) (plain string, mentioned bool) {
	plain = tag.ReplaceAllStringFunc(text, func(s string) string {
		inner := s[1 : len(s)-1]
		target, label, labelled := strings.Cut(inner, "|")
		switch {
		case bot != "" && target == "@"+bot:
			mentioned = true
			return ""
		case strings.HasPrefix(inner, "@"), strings.HasPrefix(inner, "#"), strings.HasPrefix(inner, "!"):
			return sigil(target) + strings.TrimLeft(nameOfTag(target, label), "@#!")
		case labelled:
			return label
		}
		return target
	})
	return strings.TrimSpace(unescape.Replace(plain)), mentioned
}

// sigil is how people see a mark begin.
func sigil(target string) string {
	if strings.HasPrefix(target, "#") {
		return "#"
	}
	return "@"
}

func nameOfTag(target, label string) string {
	if label != "" {
		return label
	}
	return target
}
