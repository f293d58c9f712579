package review_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
)

const canary = "zyzzyva"

// fill puts the canary into every text of v, however deep, but for the names
// that are allowed to stay.
func fill(v reflect.Value, path string, stay func(string) bool) {
	switch v.Kind() {
	case reflect.String:
		if !stay(path) && v.CanSet() {
			v.SetString(canary)
		}
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		fill(v.Elem(), path, stay)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				fill(v.Field(i), path+"."+f.Name, stay)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte(canary))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), path, stay)
		}
	}
}

// stays are the texts that remain after an erasure: ids, names from fixed
// lists, and the team's own people.
func stays(path string) bool {
	for _, name := range []string{
		"Status", "Review.Key.Source", "Review.Key.Account", "Review.Key.Location", "Review.Key.ID", "Review.Rating.Kind", "Review.Language",
		"Review.Subject.Kind", "Review.Subject.ID", "Verdict", "Goal", "Owner", "OwnerName", "Language", "Topics", "Cause", "CauseBy",
		"Approvals.By", "Approvals.Name", "Approvals.Ticks", "Turns.Kind", "Incident", "Outcome",
		"Reply.Language", "Reply.Cause", "Reply.ID", "Reply.Hand", "Class",
	} {
		if path == "."+name {
			return true
		}
	}
	return false
}

// TestEraseLeavesNoWords: whatever field a case has or gets, its words go.
func TestEraseLeavesNoWords(t *testing.T) {
	var c review.Case
	fill(reflect.ValueOf(&c).Elem(), "", stays)
	c.Status, c.Version, c.Review.Erased = review.Live, 4, time.Time{}
	now := time.Unix(1_700_000_000, 0).UTC()
	change, err := review.Erase(c, review.Occasion{Now: now, By: review.BySystem("keeper")})
	if err != nil {
		t.Fatal(err)
	}
	for what, v := range map[string]any{"case": change.Case, "review": change.Case.Review, "events": change.Events} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), canary) || strings.Contains(string(change.Case.Review.Raw), canary) {
			t.Errorf("words are left in the %s:\n%s", what, b)
		}
	}
	if k := change.Case; k.Status != review.Closed || k.Version != 5 || k.Review.Erased != now || k.ClosedAt != now {
		t.Errorf("%s, version %d", k.Status, k.Version)
	}
	again, err := review.Erase(change.Case, review.Occasion{Now: now})
	if !errors.Is(err, review.ErrAlready) {
		t.Errorf("twice: %v %v", again, err)
	}
	var d review.Draft
	fill(reflect.ValueOf(&d).Elem(), "", func(p string) bool {
		return strings.Contains(" .Language .Origin .Author .AuthorName .Model .Prompt .Variant .Checks .Playbook ", " "+p+" ")
	})
	if b, _ := json.Marshal(d.Without()); strings.Contains(string(b), canary) {
		t.Errorf("words are left in a draft: %s", b)
	}
}

// TestErasedWordsStayAway: a platform that still shows the review does not
// bring its words back.
func TestErasedWordsStayAway(t *testing.T) {
	r := review.Review{Key: review.Key{Source: "s", ID: "1"}, Body: canary, Rating: review.Rating{Kind: review.Unrated}}
	o := review.Occasion{Now: time.Unix(1_700_000_000, 0).UTC(), By: review.BySystem("poll")}
	made, err := review.Accept(r, true, o)
	if err != nil {
		t.Fatal(err)
	}
	erased, err := review.Erase(made.Case, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := review.Apply(erased.Case, review.Revise{Review: r}, o); !errors.Is(err, review.ErrAlready) {
		t.Errorf("the words came back: %v", err)
	}
}

func TestEraseWaitsForAReplyOnItsWay(t *testing.T) {
	if _, err := review.Erase(review.Case{Status: review.Publishing}, review.Occasion{}); !errors.Is(err, review.ErrNotNow) {
		t.Error(err)
	}
}
