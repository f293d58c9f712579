package discordtest

import (
	"encoding/json"
	"slices"
	"strings"
)

// postThread starts a thread from a message; it gets the message's id.
// https://docs.discord.com/developers/resources/channel#start-thread-from-message
func (s *Server) postThread(c *call) (any, error) {
	r, err := s.readable(c)
	if err != nil {
		return nil, err
	}
	if r.Type != Text && r.Type != Announcement {
		return nil, errChannelType
	}
	if err := s.allow(App, r, CreatePublicThreads); err != nil {
		return nil, err
	}
	in, err := s.newThread(c, ShapeThread)
	if err != nil {
		return nil, err
	}
	m := r.find(c.at("message"))
	if m == nil {
		return nil, errUnknownMessage
	}
	if s.rooms[m.ID] != nil {
		return nil, errThreadExists
	}
	in.ID, in.Type, in.Parent = m.ID, PublicThread, r.ID
	m.Thread, m.Flags = m.ID, m.Flags|FlagHasThread
	t := s.addRoom(in)
	t.messages = append(t.messages, &Message{ID: s.id(), Channel: t.ID, Author: m.Author, Type: typeThreadStarter, ReplyTo: m.ID, at: s.now()})
	s.threadCreated(t)
	s.tell("MESSAGE_UPDATE", m)
	return s.wireRoom(t), nil
}

// newThread reads what all new threads have. With the lock held.
func (s *Server) newThread(c *call, shape Shape) (Room, error) {
	if err := Judge(shape, c.body); err != nil {
		return Room{}, form("%v", err)
	}
	var in struct {
		Name string   `json:"name"`
		Auto int      `json:"auto_archive_duration"`
		Tags []string `json:"applied_tags"`
	}
	if err := c.json(&in); err != nil {
		return Room{}, err
	}
	if strings.TrimSpace(in.Name) == "" {
		return Room{}, form("name: This field is required")
	}
	return Room{Name: in.Name, AutoArchive: in.Auto, Owner: App, Applied: in.Tags}, nil
}

func (s *Server) threadCreated(t *room) {
	out := s.wireRoom(t)
	out["newly_created"] = true
	s.dispatch("THREAD_CREATE", intentGuilds, out)
}

// postThreadAlone starts a post of a forum, or a thread without a message.
func (s *Server) postThreadAlone(c *call) (any, error) {
	r, err := s.readable(c)
	if err != nil {
		return nil, err
	}
	switch r.Type {
	case ForumChannel:
		return s.postForum(c, r)
	case Text, Announcement:
		return s.postBareThread(c, r)
	}
	return nil, errChannelType
}

func (s *Server) postBareThread(c *call, r *room) (any, error) {
	in, err := s.newThread(c, ShapeBareThread)
	if err != nil {
		return nil, err
	}
	var kind struct {
		Type int `json:"type"`
	}
	if err := c.json(&kind); err != nil {
		return nil, err
	}
	// Left out, the type is a private thread.
	in.Type, in.ID, in.Parent = PrivateThread, s.id(), r.ID
	need := CreatePrivateThreads
	if kind.Type == PublicThread {
		in.Type, need = PublicThread, CreatePublicThreads
	}
	if err := s.allow(App, r, need); err != nil {
		return nil, err
	}
	t := s.addRoom(in)
	s.threadCreated(t)
	return s.wireRoom(t), nil
}

// postForum makes a post: a thread and its first message, which share an id.
// There is no nonce here.
// https://docs.discord.com/developers/resources/channel#start-thread-in-forum-or-media-channel
func (s *Server) postForum(c *call, r *room) (any, error) {
	if err := s.allow(App, r, SendMessages); err != nil {
		return nil, err
	}
	in, err := s.newThread(c, ShapeForumPost)
	if err != nil {
		return nil, err
	}
	if err := s.tagged(r, in.Applied); err != nil {
		return nil, err
	}
	var first struct {
		Message json.RawMessage `json:"message"`
	}
	if err := c.json(&first); err != nil {
		return nil, err
	}
	d := &draft{}
	if err := d.read(first.Message); err != nil {
		return nil, err
	}
	in.ID, in.Type, in.Parent = s.id(), PublicThread, r.ID
	m, err := s.compose(r, d, c.files)
	if err != nil {
		return nil, err
	}
	if len(m.Embeds) > 0 {
		if err := s.allow(App, r, EmbedLinks); err != nil {
			return nil, err
		}
	}
	if len(m.Files) > 0 {
		if err := s.allow(App, r, AttachFiles); err != nil {
			return nil, err
		}
	}
	t := s.addRoom(in)
	m.ID, m.Channel, m.at = t.ID, t.ID, s.now()
	t.messages, t.total = append(t.messages, m), 1
	s.threadCreated(t)
	s.tell("MESSAGE_CREATE", m)
	out := s.wireRoom(t)
	out["message"] = s.wire(m, true)
	return out, nil
}

// tagged judges the tags of a post. With the lock held.
func (s *Server) tagged(forum *room, tags []string) error {
	if forum.RequireTag && len(tags) == 0 {
		return errTagRequired
	}
	for _, id := range tags {
		at := slices.IndexFunc(forum.Tags, func(t Tag) bool { return t.ID == id })
		if at < 0 {
			return errUnknownTag
		}
		if forum.Tags[at].Moderated {
			if err := s.allow(App, forum, ManageThreads); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Server) getChannel(c *call) (any, error) {
	r, err := s.readable(c)
	if err != nil {
		return nil, err
	}
	return s.wireRoom(r), nil
}

// threadChange is the body that changes a thread.
type threadChange struct {
	Name     *string   `json:"name"`
	Archived *bool     `json:"archived"`
	Locked   *bool     `json:"locked"`
	Auto     *int      `json:"auto_archive_duration"`
	Tags     *[]string `json:"applied_tags"`
}

// patchChannel changes a thread. Channels themselves take MANAGE_CHANNELS,
// which the bot never has.
func (s *Server) patchChannel(c *call) (any, error) {
	r, err := s.readable(c)
	if err != nil {
		return nil, err
	}
	if !r.isThread() {
		return nil, errPermissions
	}
	if err := Judge(ShapeThreadEdit, c.body); err != nil {
		return nil, form("%v", err)
	}
	var in threadChange
	if err := c.json(&in); err != nil {
		return nil, err
	}
	if err := s.mayChange(r, &in); err != nil {
		return nil, err
	}
	if in.Tags != nil {
		parent := s.rooms[r.Parent]
		if parent == nil || parent.Type != ForumChannel {
			return nil, errChannelType
		}
		if err := s.tagged(parent, *in.Tags); err != nil {
			return nil, err
		}
		r.Applied = *in.Tags
	}
	if in.Name != nil {
		r.Name = *in.Name
	}
	if in.Auto != nil {
		r.AutoArchive = *in.Auto
	}
	if in.Locked != nil {
		r.Locked = *in.Locked
	}
	if in.Archived != nil && *in.Archived != r.Archived {
		s.setArchived(r, *in.Archived)
	}
	s.dispatch("THREAD_UPDATE", intentGuilds, s.wireRoom(r))
	return s.wireRoom(r), nil
}

// mayChange tells who may change what: everybody who writes there wakes a
// thread that is not locked, its owner archives and renames it, and whatever
// concerns locks takes MANAGE_THREADS. Nothing else changes while it is
// archived.
// https://docs.discord.com/developers/topics/threads#permissions
func (s *Server) mayChange(r *room, in *threadChange) error {
	waking := in.Archived != nil && !*in.Archived
	if r.Archived && !waking && (in.Name != nil || in.Tags != nil || in.Auto != nil || in.Locked != nil && !*in.Locked) {
		return errArchived
	}
	bits := s.may(App, r)
	if bits&ManageThreads != 0 {
		return nil
	}
	switch {
	case in.Locked != nil || r.Locked:
		return errPermissions
	case r.Owner == App:
		return nil
	case in.Name != nil || in.Tags != nil || in.Auto != nil || !waking:
		return errPermissions
	}
	return s.allow(App, r, SendMessagesInThreads)
}

func (s *Server) deleteChannel(c *call) (any, error) {
	r, err := s.readable(c)
	if err != nil {
		return nil, err
	}
	if !r.isThread() {
		return nil, errPermissions
	}
	if err := s.allow(App, r, ManageThreads); err != nil {
		return nil, err
	}
	out := s.wireRoom(r)
	s.removeRoom(r.ID)
	return out, nil
}

func (s *Server) putThreadMember(c *call) (any, error) {
	r, err := s.readable(c)
	switch {
	case err != nil:
		return nil, err
	case !r.isThread():
		return nil, errChannelType
	case r.Archived:
		return nil, errArchived
	}
	return nil, nil
}

func (s *Server) getActiveThreads(c *call) (any, error) {
	if err := s.inGuild(c); err != nil {
		return nil, err
	}
	out := []any{}
	for _, id := range s.order {
		if r := s.room(id); r.isThread() && !r.Archived && s.may(App, r) != 0 {
			out = append(out, s.wireRoom(r))
		}
	}
	return map[string]any{"threads": out, "members": []any{}}, nil
}

// getArchivedThreads lists those archived last first.
func (s *Server) getArchivedThreads(c *call) (any, error) {
	r, err := s.readable(c)
	if err != nil {
		return nil, err
	}
	if err := s.allow(App, r, ReadMessageHistory); err != nil {
		return nil, err
	}
	limit, err := c.number("limit", 50, 2, 100)
	if err != nil {
		return nil, err
	}
	var in []*room
	for _, id := range s.order {
		t := s.room(id)
		if t.Type == PublicThread && t.Parent == r.ID && t.Archived && (c.query("before") == "" || stamp(t.archived) < c.query("before")) {
			in = append(in, t)
		}
	}
	slices.SortStableFunc(in, func(a, b *room) int { return b.archived.Compare(a.archived) })
	out := []any{}
	for _, t := range in[:min(len(in), limit)] {
		out = append(out, s.wireRoom(t))
	}
	return map[string]any{"threads": out, "members": []any{}, "has_more": len(in) > limit}, nil
}
