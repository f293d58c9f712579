package playbook

import (
	"math"
	"regexp"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/review"
)

// benefits says how much of worth each role may grant alone.
type benefits struct {
	Currency string                 `json:",omitempty"`
	Limits   [review.Lead + 1]int64 // in hundredths, by role
}

// readCauses reads when reviews with one cause are worth an alert.
func (l *loader) readCauses(v value) {
	o := v.object("causes")
	o.integer("reviews", &l.rules.Causes.Reviews, 2, 1000)
	o.duration("within", &l.rules.Causes.Within, time.Hour, 90*day)
}

var currency = regexp.MustCompile(`^[A-Z]{3}$`)

// readBenefits reads the limits. A role may do all that the ones below it may,
// so a limit below that of a lower role is a mistake.
func (l *loader) readBenefits(v value) {
	o, b := v.object("benefits"), &l.rules.Benefits
	o.line("currency", &b.Currency)
	if c, ok := o.at["currency"]; ok && b.Currency != "" && !currency.MatchString(b.Currency) {
		c.fail("%s is no currency; write its three letters, for example EUR", quote(b.Currency))
	}
	var highest int64
	for _, role := range []review.Role{review.Responder, review.Approver, review.Lead} {
		amount, given := o.at[role.String()]
		if !given {
			b.Limits[role] = highest
			continue
		}
		s, ok := amount.text()
		if !ok {
			continue
		}
		hundredths, ok := Hundredths(s)
		switch {
		case !ok:
			amount.fail("%s is no amount; write a plain number such as 20 or 19.90", quote(s))
		case hundredths < highest:
			amount.fail("a %s may do all that the roles below may; the limit must not be below theirs", role)
		default:
			b.Limits[role], highest = hundredths, hundredths
		}
	}
}

var plainAmount = regexp.MustCompile(`^[0-9]{1,8}([.,][0-9]{1,2})?$`)

// Hundredths reads an amount of money such as "20", "19.9" or "19,90".
func Hundredths(s string) (int64, bool) {
	if !plainAmount.MatchString(s) {
		return 0, false
	}
	b := []byte(s)
	for i := range b {
		if b[i] == ',' {
			b[i] = '.'
		}
	}
	f, err := strconv.ParseFloat(string(b), 64)
	return int64(math.Round(f * 100)), err == nil
}
