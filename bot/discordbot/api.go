package discordbot

import (
	"encoding/json"
	"strconv"

	"github.com/bwmarrin/discordgo"
)

// payload is a message as we send it. Its parts are always there, so that an
// edit takes away what the card no longer has.
type payload struct {
	Content    string                    `json:"content"`
	Embeds     []*discordgo.MessageEmbed `json:"embeds"`
	Components []component               `json:"components"`
	Mentions   mentions                  `json:"allowed_mentions"`
	Flags      int                       `json:"flags,omitempty"`
	// Nonce and EnforceNonce make a create that is repeated within minutes give
	// the message that is there. discordgo has neither.
	Nonce        string `json:"nonce,omitempty"`
	EnforceNonce bool   `json:"enforce_nonce,omitempty"`
	// Attachments tell of the picture, which travels beside the JSON.
	Attachments []attachment `json:"attachments,omitempty"`
	picture     []byte
}

// mentions with an empty list let nothing ping; the field left out would let
// everything.
type mentions struct {
	Parse []string `json:"parse"`
}

var nobody = mentions{Parse: []string{}}

// component is any component of ours, sent or received. discordgo's own types
// end at 17 and refuse whole events with newer ones.
type component struct {
	Type        int         `json:"type"`
	ID          int         `json:"id,omitempty"`
	CustomID    string      `json:"custom_id,omitempty"`
	Style       int         `json:"style,omitempty"`
	Label       string      `json:"label,omitempty"`
	Description string      `json:"description,omitempty"`
	URL         string      `json:"url,omitempty"`
	Content     string      `json:"content,omitempty"`
	Placeholder string      `json:"placeholder,omitempty"`
	Value       string      `json:"value,omitempty"`
	Values      []string    `json:"values,omitempty"` // received only
	MaxLength   int         `json:"max_length,omitempty"`
	Required    *bool       `json:"required,omitempty"`
	Options     []option    `json:"options,omitempty"`
	Components  []component `json:"components,omitempty"`
	Component   *component  `json:"component,omitempty"`
}

type option struct {
	Label   string `json:"label"`
	Value   string `json:"value"`
	Default bool   `json:"default,omitempty"`
}

// response is the first answer to an interaction.
type response struct {
	Type int `json:"type"`
	Data any `json:"data,omitempty"`
}

// modal is a form as Discord shows it.
type modal struct {
	CustomID   string      `json:"custom_id"`
	Title      string      `json:"title"`
	Components []component `json:"components"`
}

// user is the little we need of one. Any part of an event may be missing.
type user struct {
	ID         string `json:"id"`
	Username   string `json:"username"`
	GlobalName string `json:"global_name"`
	Bot        bool   `json:"bot"`
}

// member is a user in a server.
type member struct {
	User        *user    `json:"user"`
	Nick        string   `json:"nick"`
	Roles       []string `json:"roles"`
	Permissions string   `json:"permissions"` // in the channel of the interaction
}

// message is the little we need of one.
type message struct {
	ID        string                    `json:"id"`
	ChannelID string                    `json:"channel_id"`
	GuildID   string                    `json:"guild_id"`
	Author    *user                     `json:"author"`
	Member    *member                   `json:"member"`
	WebhookID string                    `json:"webhook_id"`
	Type      int                       `json:"type"`
	Content   string                    `json:"content"`
	Mentions  []user                    `json:"mentions"`
	Embeds    []*discordgo.MessageEmbed `json:"-"`
	RawEmbeds json.RawMessage           `json:"embeds"`
	RawParts  json.RawMessage           `json:"components"`
}

// embeds reads the embeds, leniently: what cannot be read is not ours.
func (m *message) embeds() []*discordgo.MessageEmbed {
	if m.Embeds == nil && len(m.RawEmbeds) > 0 && json.Unmarshal(m.RawEmbeds, &m.Embeds) != nil {
		m.Embeds = nil
	}
	return m.Embeds
}

// part finds the component with this custom id.
func (m *message) part(id string) (component, bool) {
	var rows []component
	if m == nil || json.Unmarshal(m.RawParts, &rows) != nil {
		return component{}, false
	}
	for _, row := range rows {
		for _, c := range row.Components {
			if c.CustomID == id {
				return c, true
			}
		}
	}
	return component{}, false
}

// channel is a channel or thread.
type channel struct {
	ID       string `json:"id"`
	Type     int    `json:"type"`
	GuildID  string `json:"guild_id"`
	Name     string `json:"name"`
	ParentID string `json:"parent_id"`
	OwnerID  string `json:"owner_id"`
	LastID   string `json:"last_message_id"`
	Flags    int    `json:"flags"`
	Meta     *struct {
		Archived bool `json:"archived"`
		Locked   bool `json:"locked"`
	} `json:"thread_metadata"`
	Tags []struct {
		ID        string `json:"id"`
		Name      string `json:"name"`
		Moderated bool   `json:"moderated"`
	} `json:"available_tags"`
	Applied    []string `json:"applied_tags"`
	Overwrites []struct {
		ID    string `json:"id"`
		Type  int    `json:"type"`
		Allow int64  `json:"allow,string"`
		Deny  int64  `json:"deny,string"`
	} `json:"permission_overwrites"`
}

func (c channel) isThread() bool { return c.Type == publicThread || c.Type == 10 || c.Type == 12 }

// interaction is something that a person did.
// https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object
type interaction struct {
	ID        string      `json:"id"`
	App       string      `json:"application_id"`
	Type      int         `json:"type"`
	Token     string      `json:"token"`
	GuildID   string      `json:"guild_id"`
	ChannelID string      `json:"channel_id"`
	Channel   *channel    `json:"channel"`
	Member    *member     `json:"member"`
	User      *user       `json:"user"`
	Message   *message    `json:"message"`
	Data      commandData `json:"data"`
}

// commandData is what was pressed, typed or filled in.
type commandData struct {
	Name     string      `json:"name"`
	Type     int         `json:"type"`
	Options  []argument  `json:"options"`
	TargetID string      `json:"target_id"`
	CustomID string      `json:"custom_id"`
	Values   []string    `json:"values"`
	Parts    []component `json:"components"`
	Resolved struct {
		Messages map[string]message `json:"messages"`
	} `json:"resolved"`
}

// argument is an option of a typed command.
type argument struct {
	Name    string     `json:"name"`
	Type    int        `json:"type"`
	Value   any        `json:"value"`
	Focused bool       `json:"focused"`
	Options []argument `json:"options"`
}

func (a argument) text() string {
	switch v := a.Value.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

// who is the person who acted; false when the event does not say.
func (i interaction) who() (*member, bool) {
	if i.Member != nil && i.Member.User != nil && i.Member.User.ID != "" {
		return i.Member, true
	}
	if i.User != nil && i.User.ID != "" {
		return &member{User: i.User}, true
	}
	return nil, false
}
