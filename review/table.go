package review

import "slices"

// Verb names an action, in the audit log, on buttons and in the rules.
type Verb string

// by says who may use a verb at all.
type by int

const (
	person by = 1 << iota
	system
)

// rule is one row of the table of moves: from which statuses a verb may come,
// by whom and with which role.
type rule struct {
	label string
	by    by
	role  Role
	from  []Status
}

// any is every status. settled is every status but the two in which a platform
// call may be in flight or in doubt.
var (
	anyStatus = Statuses
	awake     = []Status{New, Open, Held, Drafted, Approved, Publishing, HandedOver, Published, Live, Rejected, Unreconciled}
	inTriage  = []Status{New, Open, Held, Drafted}
	atDesk    = []Status{Open, Held, Drafted}
	writing   = []Status{Open, Drafted}
)

// rules is the table of moves. It is data: the tests walk every verb and
// status, and the chats ask [May] what to offer.
var rules = map[Verb]rule{
	"announced": {"opening the thread", system, Nobody, []Status{New}},
	"open":      {"opening the case", person, Responder, []Status{Seeded}},
	"triage":    {"the triage suggestion", system, Nobody, inTriage},
	"assign":    {"assigning", person, Responder, awake},
	"goal":      {"setting the goal", person, Responder, atDesk},
	"spreading": {"raising the priority", person, Responder, awake},
	"verdict":   {"the verdict", person, Responder, writing},
	"hold":      {"holding", person | system, Responder, writing},
	"release":   {"releasing", person, Responder, []Status{Held}},
	"ask":       {"asking for facts", person, Responder, atDesk},
	"fact":      {"adding a fact", person, Responder, []Status{Open, Held, Drafted, Approved}},
	"unfact":    {"taking a fact back", person, Responder, []Status{Open, Held, Drafted, Approved}},
	"redraft":   {"asking for a draft", person | system, Responder, writing},
	"draft":     {"a draft", system, Nobody, writing},
	"no_draft":  {"a failed draft", system, Nobody, writing},
	"judged":    {"the second reading", system, Nobody, []Status{Drafted, Approved}},
	"recall":    {"what other cases tell", system, Nobody, anyStatus},
	"edit":      {"writing the text", person, Responder, writing},
	"recheck":   {"checking again", system, Nobody, []Status{Drafted}},
	"discard":   {"discarding the text", person, Responder, []Status{Drafted}},
	"waive":     {"waiving a finding", person, Approver, []Status{Drafted}},
	"approve":   {"approving", person, Approver, []Status{Drafted}},
	"undo":      {"undoing", person, Responder, []Status{Approved}},
	"void":      {"voiding an approval", system, Nobody, []Status{Approved}},
	"publish":   {"publishing", system, Nobody, []Status{Approved}},
	"hand_over": {"handing over", system, Nobody, []Status{Approved}},
	"posted":    {"“I posted it”", person, Responder, []Status{HandedOver}},
	"withdraw":  {"taking the text back", person, Responder, []Status{HandedOver}},
	"postpone":  {"waiting for the platform", system, Nobody, []Status{Publishing}},
	"accepted":  {"the platform's yes", system, Nobody, []Status{Publishing, Unreconciled}},
	"refused":   {"the platform's no", system, Nobody, []Status{Publishing}},
	"doubt":     {"a lost answer", system, Nobody, []Status{Publishing}},
	"it_is_up":  {"“it is up”", person, Responder, []Status{Unreconciled}},
	"it_is_not": {"“it is not up”", person, Approver, []Status{Unreconciled}},
	"seen":      {"the read-back", system, Nobody, []Status{Published}},
	"missing":   {"the read-back", system, Nobody, []Status{Published, Live}},
	"rework":    {"going back to the text", person, Responder, []Status{Rejected}},
	"give_up":   {"closing without a reply", person, Approver, []Status{Rejected, HandedOver}},
	"settle":    {"closing", system, Nobody, []Status{Published, Live}},
	"close":     {"closing", person, Responder, []Status{Live}},
	"reopen":    {"reopening", person | system, Responder, []Status{Closed}},
	"revise":    {"the customer's edit", system, Nobody, anyStatus},
	"remove":    {"the review's removal", system, Nobody, anyStatus},
	"promise":   {"noting a promise", person, Responder, anyStatus},
	"undertake": {"taking a promise", person, Responder, anyStatus},
	"follow_up": {"asking whether it worked", system, Nobody, anyStatus},
	"worked":    {"whether it worked", person, Responder, anyStatus},
	"update":    {"adding to the reply", person, Responder, []Status{Live, Closed}},
	"benefit":   {"proposing a benefit", person, Responder, anyStatus},
	"grant":     {"granting a benefit", person, Approver, anyStatus},
	"decline":   {"declining a benefit", person, Approver, anyStatus},
	"reach":     {"reaching out", person, Responder, anyStatus},
	"reached":   {"what came of reaching out", person, Responder, anyStatus},
	"leave":     {"leaving the reply as it is", person, Responder, []Status{Open}},
	"cause":     {"naming the cause", person, Responder, anyStatus},
	"incident":  {"the incident", system, Nobody, anyStatus},
	"remind":    {"reminding", system, Nobody, anyStatus},
	"escalate":  {"escalating", system, Nobody, anyStatus},
	"kept":      {"a kept promise", person, Responder, anyStatus},
	"drop":      {"dropping a promise", person, Approver, anyStatus},
	"report":    {"reporting the review", person, Responder, awake},

	"reconsider":    {"checking the text again", system, Nobody, []Status{Drafted, Approved}},
	"report_is":     {"the report's outcome", person, Responder, anyStatus},
	"report_call":   {"sending the report", system, Nobody, anyStatus},
	"report_answer": {"what came of sending the report", system, Nobody, anyStatus},
}

// Verbs lists every verb of the table, sorted.
func Verbs() []Verb {
	out := make([]Verb, 0, len(rules))
	for v := range rules {
		out = append(out, v)
	}
	slices.Sort(out)
	return out
}

// May tells whether a person with this role could use verb on a case in this
// status: what a card offers. [Apply] has the last word.
func May(role Role, verb Verb, status Status) bool {
	r, ok := rules[verb]
	return ok && r.by&person != 0 && role >= r.role && slices.Contains(r.from, status)
}

// RoleFor is the least role that may use verb; ok is false for an unknown verb
// or one that is the program's own.
func RoleFor(verb Verb) (role Role, ok bool) {
	r, known := rules[verb]
	return r.role, known && r.by&person != 0
}

func (v Verb) label() string {
	if r, ok := rules[v]; ok {
		return r.label
	}
	return string(v)
}

// permit holds verb, status and actor against the table.
func permit(verb Verb, status Status, a Actor) error {
	r, ok := rules[verb]
	switch {
	case !ok:
		return &InputError{Field: "verb", Problem: string(verb) + " is unknown"}
	case a.IsPerson() && (r.by&person == 0 || a.Person.Role < r.role):
		need := r.role
		if r.by&person == 0 {
			need = Nobody // no role is enough: it is the program's own
		}
		return &RoleError{Verb: verb, Need: need, Have: a.Person.Role}
	case !a.IsPerson() && r.by&system == 0:
		return &RoleError{Verb: verb, Need: r.role, Have: Nobody}
	case !slices.Contains(r.from, status):
		return &NotNowError{Verb: verb, Status: status}
	}
	return nil
}

// Label is the status as people read it.
func (s Status) Label() string {
	switch s {
	case HandedOver:
		return "waiting to be posted by hand"
	case Unreconciled:
		return "unreconciled (nobody knows yet whether the reply is up)"
	case Seeded:
		return "history"
	}
	return string(s)
}
