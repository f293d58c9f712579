package playbook

// keys are the keys of every section, in the order in which people are told of
// them. "" is the file itself; sections that repeat go by their singular place.
var keys = map[string][]string{
	"": {"version", "team", "brand", "people", "roles", "solo", "rules", "verdicts", "publishing", "contacts",
		"link_domains", "facts", "targets", "sources", "channels", "console", "drafting", "incident", "causes", "benefits", "digests", "handover", "privacy"},
	"team":       {"name", "language", "languages", "time_zone", "hours", "holidays", "staff_names"},
	"brand":      {"name", "voice", "sign_off", "sign_offs"},
	"roles":      {"lead", "approver", "responder", "viewer"},
	"solo":       {"enabled", "cool_off"},
	"rules":      {"when", "approvals", "lead", "other_than_author", "cool_off", "pause"},
	"when":       {"stars", "heat", "class", "verdict", "light", "spreading", "source", "location", "subject"},
	"verdicts":   {"second_person", "silent_for"},
	"publishing": {"verify_after", "settle_after"},
	"contacts":   {"email", "phone", "url", "place", "label", "sources"},
	"facts":      {"text", "languages"},
	"targets":    {"when", "within", "business_hours"},
	"sources":    {"kind", "account", "location", "poll", "channel", "platform", "country", "max_length", "settings"},
	"channels":   {"name", "chat", "id", "sources", "quiet", "escalate"},
	"drafting":   {"cost_per_day", "tokens_per_day", "variants", "humour"},
	"incident":   {"reviews", "within"},
	"causes":     {"reviews", "within"},
	"benefits":   {"currency", "responder", "approver", "lead"},
	"digests":    {"daily", "weekly", "channels"},
	"handover":   {"url", "secret", "verbs", "words"},
}

// sectionNames are the sections in which a misplaced key is looked for.
var sectionNames = []string{"", "team", "brand", "roles", "rules", "when", "verdicts", "publishing", "targets", "sources", "channels", "drafting", "incident", "causes", "benefits", "digests", "handover"}
