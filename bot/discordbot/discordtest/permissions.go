package discordtest

// Permissions, as bits of Discord's field; discordgo's constants have the same
// values. https://docs.discord.com/developers/topics/permissions
const (
	AddReactions          int64 = 1 << 6
	Administrator         int64 = 1 << 3
	ManageGuild           int64 = 1 << 5
	ViewChannel           int64 = 1 << 10
	SendMessages          int64 = 1 << 11
	ManageMessages        int64 = 1 << 13
	EmbedLinks            int64 = 1 << 14
	AttachFiles           int64 = 1 << 15
	ReadMessageHistory    int64 = 1 << 16
	MentionEveryone       int64 = 1 << 17
	UseCommands           int64 = 1 << 31
	ManageThreads         int64 = 1 << 34
	CreatePublicThreads   int64 = 1 << 35
	CreatePrivateThreads  int64 = 1 << 36
	SendMessagesInThreads int64 = 1 << 38

	everything int64 = 1<<53 - 1
	// member is what a person may who has no other role.
	member = ViewChannel | SendMessages | SendMessagesInThreads | CreatePublicThreads | ReadMessageHistory | EmbedLinks | AttachFiles | AddReactions | UseCommands
	// usual is what the bot may unless a test says otherwise.
	usual = ViewChannel | SendMessages | SendMessagesInThreads | CreatePublicThreads | ManageThreads | ReadMessageHistory | EmbedLinks | AttachFiles
)

// overwrite is what a channel changes for a role or member.
type overwrite struct{ allow, deny int64 }

// base is what a member may on the server. With the lock held.
func (s *Server) base(user string) int64 {
	p := s.people[user]
	if p == nil || (user == App && s.kicked) {
		return 0
	}
	if user == owner {
		return everything
	}
	bits := s.roles[Guild].Permissions
	for _, id := range p.Roles {
		if r := s.roles[id]; r != nil {
			bits |= r.Permissions
		}
	}
	if bits&Administrator != 0 {
		return everything
	}
	return bits
}

// may is what a member may in a channel; threads inherit. With the lock held.
func (s *Server) may(user string, r *room) int64 {
	if r.Parent != "" && r.isThread() {
		if parent := s.rooms[r.Parent]; parent != nil {
			r = parent
		}
	}
	if r.Type == DM {
		if r.Owner == user || user == App {
			return ViewChannel | SendMessages | ReadMessageHistory | EmbedLinks | AttachFiles | UseCommands
		}
		return 0
	}
	bits := s.base(user)
	if bits == everything || bits == 0 {
		return bits
	}
	if o, ok := r.overwrites[Guild]; ok {
		bits = bits&^o.deny | o.allow
	}
	var of overwrite
	for _, id := range s.people[user].Roles {
		o := r.overwrites[id]
		of.allow |= o.allow
		of.deny |= o.deny
	}
	bits = bits&^of.deny | of.allow
	if o, ok := r.overwrites[user]; ok {
		bits = bits&^o.deny | o.allow
	}
	if bits&ViewChannel == 0 {
		return 0
	}
	return bits
}

// allow refuses what the user may not do in a channel: without a view of it
// 50001, without another permission 50013. With the lock held.
func (s *Server) allow(user string, r *room, need int64) error {
	bits := s.may(user, r)
	if bits&ViewChannel == 0 {
		return errAccess
	}
	if bits&need != need {
		return errPermissions
	}
	return nil
}

// writing is what it takes to write in a channel: SEND_MESSAGES counts for
// nothing in threads.
func (r *room) writing() int64 {
	if r.isThread() {
		return SendMessagesInThreads
	}
	return SendMessages
}
