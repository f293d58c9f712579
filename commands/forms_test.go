package commands_test

import (
	"context"
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/incident"
)

// shelf is a desk with one incident and one case, or one whose store is away.
// A form that asks it for anything else panics: forms read little.
type shelf struct {
	commands.Desk
	err error
	inc incident.Incident
	c   review.Case
}

func (s shelf) Case(context.Context, int64) (review.Case, error) { return s.c, s.err }

func (s shelf) Incident(_ context.Context, n int) (incident.Incident, error) {
	if s.err == nil && n != s.inc.N {
		return incident.Incident{}, &review.InputError{Field: "incident", Problem: "is not known"}
	}
	return s.inc, s.err
}

func (shelf) Platforms() []commands.Option          { return nil }
func (shelf) Grounds(review.Case) []string          { return nil }
func (shelf) SendsReports(review.Case, string) bool { return false }

var errAway = errors.New("the store is away")

// TestFormsSayWhatIsWrong: whatever a button carries, and whether the store
// answers or not, a row opens a form that every chat can draw, or an error.
func TestFormsSayWhatIsWrong(t *testing.T) {
	args := []string{"", "1", "7", "no number", "private"}
	for _, o := range commands.MoreOptions() {
		args = append(args, o.Value)
	}
	for _, row := range commands.Rows() {
		if row.Form == nil {
			continue
		}
		for _, desk := range []shelf{{inc: incident.Incident{N: 1}, c: review.Case{ID: 42}}, {err: errAway}} {
			for _, arg := range args {
				i := commands.Invocation{Command: row.Name, Case: 42, By: review.Person{Role: review.Lead}, Token: commands.Token{Command: row.Name, Case: 42, Arg: arg}}
				f, err := row.Form(t.Context(), desk, i)
				switch {
				case err != nil && f != nil:
					t.Errorf("%s %q: a form beside the error %v", row.Name, arg, err)
				case f == nil: // it is run as it is, or says why not
				case f.Title == "" || utf8.RuneCountInString(f.Title) > 24 || utf8.RuneCountInString(f.Submit) > 24 || len(f.Fields) == 0 || len(f.Fields) > 5:
					t.Errorf("%s %q: no chat draws %+v", row.Name, arg, f)
				}
			}
		}
	}
}

// TestSheetForm begins with the version that stands, and never instead of
// somebody's words.
func TestSheetForm(t *testing.T) {
	row, ok := commands.NewTable(commands.Rows()).Find("sheet")
	if !ok {
		t.Fatal("no row writes a fact sheet")
	}
	desk := shelf{inc: incident.Incident{N: 1, Sheets: []incident.Sheet{{N: 1, Text: "It broke."}, {N: 2, Text: "It broke at nine."}}}}
	open := func(desk shelf, number string, args map[string]string) (*commands.Form, error) {
		return row.Form(t.Context(), desk, commands.Invocation{Command: "sheet", Token: commands.Token{Command: "sheet", Arg: number}, Args: args})
	}
	if f, err := open(desk, "1", nil); err != nil || f.Fields[0].Value != "It broke at nine." {
		t.Errorf("%+v, %v", f, err)
	}
	if f, err := open(desk, "", map[string]string{"n": "1", "text": "It broke at ten."}); err != nil || f.Fields[0].Value != "It broke at ten." || f.Token.Arg != "1" {
		t.Errorf("%+v, %v", f, err)
	}
	if f, err := open(desk, "", nil); err != nil || len(f.Fields) != 2 || f.Fields[0].Name != "n" || f.Fields[0].Value != "" {
		t.Errorf("without a number: %+v, %v", f, err)
	}
	for _, number := range []string{"9", "one"} {
		var wrong *review.InputError
		if f, err := open(desk, number, nil); !errors.As(err, &wrong) || f != nil {
			t.Errorf("incident %s: %+v, %v", number, f, err)
		}
	}
	if f, err := open(shelf{err: errAway}, "1", nil); !errors.Is(err, errAway) || f != nil {
		t.Errorf("the store is away: %+v, %v", f, err)
	}
}
