package discordtest

import (
	"maps"
	"slices"
	"strconv"
	"time"
)

// Kinds of channels.
// https://docs.discord.com/developers/resources/channel#channel-object-channel-types
const (
	Text          = 0
	DM            = 1
	Voice         = 2
	Category      = 4
	Announcement  = 5
	PublicThread  = 11
	PrivateThread = 12
	ForumChannel  = 15
)

const (
	flagPinned     = 1 << 1
	flagRequireTag = 1 << 4
)

// Person is a member of the guild.
type Person struct {
	ID, Name string
	Nick     string
	Bot      bool
	Roles    []string // ids; Join adds Member
}

// Role is a role of the guild.
type Role struct {
	ID, Name    string
	Permissions int64
	Mentionable bool
}

// Tag is what posts of a forum can be marked with.
type Tag struct {
	ID, Name  string
	Moderated bool // takes MANAGE_THREADS
}

// Room is a channel or thread as it stands.
type Room struct {
	ID, Name   string
	Type       int
	Parent     string // the thread's channel, or a category
	Topic      string
	Tags       []Tag // that a forum offers
	RequireTag bool

	Owner       string // who started the thread
	Applied     []string
	Archived    bool
	Locked      bool
	AutoArchive int // minutes
}

// room is a channel or thread with its contents.
type room struct {
	Room
	overwrites map[string]overwrite
	messages   []*Message
	active     time.Time // the last message or waking: auto archive counts from here
	archived   time.Time // when it was archived or woken
	total      int
}

func (r *Room) isThread() bool {
	return r.Type == 10 || r.Type == PublicThread || r.Type == PrivateThread
}

// found sets up the guild: the bot, its role, a text channel and a forum.
func (s *Server) found() {
	s.roles[Guild] = &Role{ID: Guild, Name: "@everyone"}
	s.roles[BotRole] = &Role{ID: BotRole, Name: "evenkeel", Permissions: s.cfg.Permissions}
	s.roles[Member] = &Role{ID: Member, Name: "member", Permissions: member}
	s.people[App] = &Person{ID: App, Name: "evenkeel", Bot: true, Roles: []string{BotRole}}
	s.people[owner] = &Person{ID: owner, Name: "owner"}
	s.AddRoom(Room{ID: Reviews, Name: "reviews", Type: Text})
	s.AddRoom(Room{ID: Forum, Name: "review-posts", Type: ForumChannel})
}

// Join lets a person into the guild; a person who is there is replaced.
func (s *Server) Join(p Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.Roles = append(slices.Clone(p.Roles), Member)
	s.people[p.ID] = &p
	s.wake()
}

// Leave takes a person out of the guild.
func (s *Server) Leave(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.people, user)
	s.wake()
}

// AddRole makes a role, or changes it.
func (s *Server) AddRole(r Role) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roles[r.ID] = &r
}

// BotMay sets what the bot's role may do on the server.
func (s *Server) BotMay(bits int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roles[BotRole].Permissions = bits
}

// Overwrite sets what a channel allows and denies a role or member.
func (s *Server) Overwrite(channel, id string, allow, deny int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rooms[channel]; r != nil {
		r.overwrites[id] = overwrite{allow: allow, deny: deny}
	}
}

// AddRoom makes a channel; a thread's Owner is the bot unless it says another.
func (s *Server) AddRoom(r Room) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addRoom(r)
	s.wake()
}

// addRoom is AddRoom with the lock held.
func (s *Server) addRoom(r Room) *room {
	if r.isThread() && r.Owner == "" {
		r.Owner = App
	}
	if r.AutoArchive == 0 {
		r.AutoArchive = 4320
	}
	in := &room{Room: r, overwrites: map[string]overwrite{}, active: s.now(), archived: s.now()}
	s.rooms[r.ID] = in
	s.order = append(s.order, r.ID)
	return in
}

// RemoveRoom deletes a channel or thread as a moderator would.
func (s *Server) RemoveRoom(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removeRoom(id)
	s.wake()
}

func (s *Server) removeRoom(id string) {
	r := s.rooms[id]
	if r == nil {
		return
	}
	delete(s.rooms, id)
	s.order = slices.DeleteFunc(s.order, func(other string) bool { return other == id })
	if r.isThread() {
		s.dispatch("THREAD_DELETE", intentGuilds, map[string]any{"id": r.ID, "guild_id": Guild, "parent_id": r.Parent, "type": r.Type})
		return
	}
	s.dispatch("CHANNEL_DELETE", intentGuilds, s.wireRoom(r))
}

// Archive archives a thread, or wakes it; lock it as well with Lock.
func (s *Server) Archive(thread string, archived bool) {
	s.inRoom(thread, func(r *room) { s.setArchived(r, archived) })
}

// Lock locks a thread for everybody without MANAGE_THREADS, or unlocks it.
func (s *Server) Lock(thread string, locked bool) {
	s.inRoom(thread, func(r *room) { r.Locked = locked })
}

func (s *Server) inRoom(id string, do func(*room)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.room(id); r != nil {
		do(r)
		if r.isThread() {
			s.dispatch("THREAD_UPDATE", intentGuilds, s.wireRoom(r))
		}
		s.wake()
	}
}

// setArchived changes the state; both directions count from now. With the
// lock held.
func (s *Server) setArchived(r *room, archived bool) {
	r.Archived = archived
	r.archived = s.now()
	if !archived {
		r.active = s.now()
	}
}

// room finds a channel or thread and archives the thread if its time has
// come. With the lock held.
func (s *Server) room(id string) *room {
	r := s.rooms[id]
	if r == nil {
		return nil
	}
	if end := r.active.Add(time.Duration(r.AutoArchive) * time.Minute); r.isThread() && !r.Archived && s.now().After(end) {
		r.Archived, r.archived = true, end
		s.dispatch("THREAD_UPDATE", intentGuilds, s.wireRoom(r))
	}
	return r
}

// Room is one channel or thread.
func (s *Server) Room(id string) (Room, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.room(id); r != nil {
		return r.copy(), true
	}
	return Room{}, false
}

// Threads are the threads or posts of a channel, oldest first.
func (s *Server) Threads(channel string) []Room {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Room
	for _, id := range s.order {
		if r := s.room(id); r.isThread() && r.Parent == channel {
			out = append(out, r.copy())
		}
	}
	return out
}

func (r *room) copy() Room {
	out := r.Room
	out.Tags, out.Applied = slices.Clone(out.Tags), slices.Clone(out.Applied)
	return out
}

// Kick takes the bot out of the guild, as an administrator can.
func (s *Server) Kick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kicked = true
	s.dispatch("GUILD_DELETE", intentGuilds, map[string]any{"id": Guild})
	s.wake()
}

// Revoke makes the bot's token bad: 401 for every call, 4004 on the gateway.
func (s *Server) Revoke() {
	s.mu.Lock()
	s.revoked = true
	s.mu.Unlock()
	s.gate.closeWith(closeAuth)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000+00:00") }

func (p *Person) wire() map[string]any {
	return map[string]any{"id": p.ID, "username": p.Name, "discriminator": "0", "global_name": p.Name, "avatar": nil, "bot": p.Bot, "public_flags": 0, "flags": 0}
}

// wireMember is a member without the user. With the lock held.
func (s *Server) wireMember(p *Person) map[string]any {
	roles := p.Roles
	if roles == nil {
		roles = []string{}
	}
	var nick any
	if p.Nick != "" {
		nick = p.Nick
	}
	return map[string]any{"nick": nick, "avatar": nil, "roles": roles, "joined_at": stamp(time.UnixMilli(epoch)), "premium_since": nil,
		"deaf": false, "mute": false, "pending": false, "flags": 0, "communication_disabled_until": nil}
}

func (s *Server) wireRole(r *Role) map[string]any {
	return map[string]any{"id": r.ID, "name": r.Name, "permissions": strconv.FormatInt(r.Permissions, 10), "mentionable": r.Mentionable,
		"color": 0, "colors": map[string]any{"primary_color": 0, "secondary_color": nil, "tertiary_color": nil},
		"hoist": false, "position": 0, "managed": r.ID == BotRole, "flags": 0, "icon": nil, "unicode_emoji": nil}
}

func (s *Server) wireRoles() []any {
	out := []any{}
	for _, id := range slices.Sorted(maps.Keys(s.roles)) {
		out = append(out, s.wireRole(s.roles[id]))
	}
	return out
}

// wireRoom is a channel or thread as the bot reads it. With the lock held.
func (s *Server) wireRoom(r *room) map[string]any {
	out := map[string]any{"id": r.ID, "type": r.Type, "name": r.Name, "guild_id": Guild, "flags": 0, "last_message_id": r.last(), "rate_limit_per_user": 0}
	if r.Type == DM {
		delete(out, "guild_id")
		delete(out, "name")
		out["recipients"] = []any{s.people[r.Owner].wire()}
		return out
	}
	out["parent_id"] = orNil(r.Parent)
	if r.isThread() {
		out["owner_id"] = r.Owner
		out["thread_metadata"] = map[string]any{"archived": r.Archived, "locked": r.Locked, "auto_archive_duration": r.AutoArchive,
			"archive_timestamp": stamp(r.archived), "create_timestamp": stamp(r.archived)}
		out["message_count"], out["total_message_sent"], out["member_count"] = len(r.messages), r.total, 1
		if parent := s.rooms[r.Parent]; parent != nil && parent.Type == ForumChannel {
			out["applied_tags"] = append([]string{}, r.Applied...)
		}
		return out
	}
	out["position"], out["nsfw"], out["topic"] = 0, false, orNil(r.Topic)
	overwrites := []any{}
	for _, id := range slices.Sorted(maps.Keys(r.overwrites)) {
		kind := 0
		if s.roles[id] == nil {
			kind = 1
		}
		o := r.overwrites[id]
		overwrites = append(overwrites, map[string]any{"id": id, "type": kind, "allow": strconv.FormatInt(o.allow, 10), "deny": strconv.FormatInt(o.deny, 10)})
	}
	out["permission_overwrites"] = overwrites
	if r.Type == ForumChannel {
		tags := []any{}
		for _, t := range r.Tags {
			tags = append(tags, map[string]any{"id": t.ID, "name": t.Name, "moderated": t.Moderated, "emoji_id": nil, "emoji_name": nil})
		}
		out["available_tags"], out["default_reaction_emoji"], out["default_sort_order"], out["default_forum_layout"] = tags, nil, nil, 0
		if r.RequireTag {
			out["flags"] = flagRequireTag
		}
	}
	return out
}

func (r *room) last() any {
	if len(r.messages) == 0 {
		return nil
	}
	return r.messages[len(r.messages)-1].ID
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// wireGuild is the guild as GET and GUILD_CREATE bring it. With the lock held.
func (s *Server) wireGuild(whole bool) map[string]any {
	out := map[string]any{"id": Guild, "name": "Acme", "icon": nil, "splash": nil, "discovery_splash": nil, "owner_id": owner, "afk_channel_id": nil,
		"afk_timeout": 300, "verification_level": 0, "default_message_notifications": 1, "explicit_content_filter": 0, "roles": s.wireRoles(), "emojis": []any{},
		"features": []any{}, "mfa_level": 0, "application_id": nil, "system_channel_id": nil, "system_channel_flags": 0, "rules_channel_id": nil,
		"vanity_url_code": nil, "description": nil, "banner": nil, "premium_tier": 0, "preferred_locale": "en-US", "public_updates_channel_id": nil,
		"nsfw_level": 0, "stickers": []any{}, "premium_progress_bar_enabled": false, "safety_alerts_channel_id": nil}
	if !whole {
		return out
	}
	channels, threads := []any{}, []any{}
	for _, id := range s.order {
		r := s.rooms[id]
		switch {
		case r.Type == DM || s.may(App, r)&ViewChannel == 0:
		case !r.isThread():
			channels = append(channels, s.wireRoom(r))
		case !r.Archived:
			threads = append(threads, s.wireRoom(r))
		}
	}
	bot := s.wireMember(s.people[App])
	bot["user"] = s.people[App].wire()
	for k, v := range map[string]any{"joined_at": stamp(time.UnixMilli(epoch)), "large": false, "unavailable": false, "member_count": len(s.people),
		"voice_states": []any{}, "members": []any{bot}, "channels": channels, "threads": threads, "presences": []any{}, "stage_instances": []any{},
		"guild_scheduled_events": []any{}, "soundboard_sounds": []any{}} {
		out[k] = v
	}
	return out
}
