package review

import "time"

// TaskKind is what kind of thing is to be done.
type TaskKind string

// The kinds of task.
const (
	TaskPromise TaskKind = "promise" // to be kept
	TaskOwner   TaskKind = "owner"   // a promise that was found and that nobody has taken
	TaskReach   TaskKind = "reach"
	TaskAnswer  TaskKind = "worked" // "did it work?" is not answered
	TaskReport  TaskKind = "report" // an answer of the platform is to be looked for
)

// Task is something that a person still has to do on a case, beside answering.
type Task struct {
	Kind      TaskKind
	N         int // of the promise, reach or report
	Text      string
	Owner     PersonID
	OwnerName string
	Due       time.Time
}

// Key names the task among all that a case can be reminded of. A promise that
// was put off is another one to be reminded of.
func (t Task) Key() string {
	return string(t.Kind) + "-" + itoa(t.N) + "-" + itoa(int(t.Due.Unix()))
}

// ownerWithin is how long a promise may stand without an owner, and
// answerWithin how long "did it work?" may stand without an answer.
const (
	ownerWithin  = 24 * time.Hour
	answerWithin = 7 * 24 * time.Hour
)

// Tasks are all that people still have to do on the case, beside answering it.
func (c Case) Tasks() []Task {
	var out []Task
	for _, p := range c.Promises {
		switch {
		case p.Open() && p.Owned():
			out = append(out, Task{TaskPromise, p.N, p.Text, p.Owner, p.OwnerName, p.Due})
		case p.Open():
			out = append(out, Task{TaskOwner, p.N, p.Text, c.Owner, c.OwnerName, p.Since.Add(ownerWithin)})
		case !p.Asked.IsZero() && p.Worked == NotAsked:
			out = append(out, Task{TaskAnswer, p.N, p.Text, p.Owner, p.OwnerName, p.Asked.Add(answerWithin)})
		}
	}
	for _, r := range c.Reaches {
		if r.Open() {
			out = append(out, Task{TaskReach, r.N, r.Channel, r.Owner, r.OwnerName, r.Due})
		}
	}
	for _, r := range c.Reports {
		if (r.State == ReportPrepared || r.State == ReportUnsure || r.State == ReportSent) && !r.Due.IsZero() {
			out = append(out, Task{TaskReport, r.N, r.Ground, r.By, "", r.Due})
		}
	}
	return out
}
