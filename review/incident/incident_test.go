package incident_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/incident"
)

var (
	start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	ana   = review.Person{ID: "console:ana", Name: "Ana", Role: review.Lead}
	ben   = review.Person{ID: "console:ben", Name: "Ben", Role: review.Approver}
	cleo  = review.Person{ID: "console:cleo", Name: "Cleo", Role: review.Responder}
)

func signal(n int, cause, language, text string) incident.Signal {
	return incident.Signal{Case: int64(n), At: start.Add(time.Duration(n) * time.Hour), Source: "shop", Language: language, Cause: cause, Text: text}
}

// TestAcrossLanguages: one outage, told in four languages on several sites,
// among ordinary complaints.
func TestAcrossLanguages(t *testing.T) {
	all := []incident.Signal{
		signal(1, "payment", "en", "Payment failed at checkout three times, the website shows an error."),
		signal(2, "payment", "de", "Die Zahlung schlägt fehl, seit heute morgen nur Fehler an der Kasse."),
		signal(3, "payment", "ja", "支払いができません。エラーが出ます。"),
		signal(4, "payment", "fr", "Le paiement est refusé, toujours une erreur."),
		signal(5, "payment", "en", "Checkout error again: payment failed and nobody answers."),
		signal(6, "staff", "en", "The waiter was rude and slow."),
		signal(7, "delivery", "de", "Das Paket kam zwei Wochen zu spät."),
	}
	found := incident.Find(all[4], all, 5, 24*time.Hour)
	var ids []int64
	for _, s := range found {
		ids = append(ids, s.Case)
	}
	if !slices.Equal(ids, []int64{1, 2, 3, 4, 5}) {
		t.Errorf("found %v", ids)
	}
	if incident.Find(all[4], all, 6, 24*time.Hour) != nil {
		t.Error("five are six")
	}
	if incident.Find(all[4], all, 5, 2*time.Hour) != nil {
		t.Error("the window does not count")
	}
	if incident.Find(all[5], all, 2, 24*time.Hour) != nil {
		t.Error("a rude waiter is an incident")
	}
}

// TestSameWordsWithoutACause: triage may have failed; the words remain.
func TestSameWordsWithoutACause(t *testing.T) {
	a := signal(1, "", "en", "The mobile network in Harbour street has been dead since Monday evening")
	b := signal(2, "", "", "since monday evening the network is dead in harbour street")
	c := signal(3, "", "en", "Lovely network of friendly people")
	if !incident.Similar(&a, &b) || incident.Similar(&a, &c) {
		t.Errorf("similar: %v, %v", incident.Similar(&a, &b), incident.Similar(&a, &c))
	}
}

// TestFindProperties: likeness is mutual, the order in which complaints came
// does not matter, all found lie in the window, and what is unlike changes
// nothing.
func TestFindProperties(t *testing.T) {
	words := []string{"payment", "failed", "checkout", "teapot", "broken", "delivery", "カート", "エラー", "Zahlung", "später"}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 25).Draw(t, "n")
		all := make([]incident.Signal, n)
		for i := range all {
			text := ""
			for range rapid.IntRange(0, 8).Draw(t, "length") {
				text += rapid.SampledFrom(words).Draw(t, "word") + " "
			}
			all[i] = signal(i+1, rapid.SampledFrom([]string{"", "payment", "delivery"}).Draw(t, "cause"), rapid.SampledFrom([]string{"", "en", "de", "ja"}).Draw(t, "language"), text)
			all[i].At = start.Add(time.Duration(rapid.IntRange(0, 72).Draw(t, "hours")) * time.Hour)
			all[i].Topics = rapid.SampledFrom([][]string{nil, {"a"}, {"a", "b"}, {"c"}}).Draw(t, "topics")
		}
		least, within := rapid.IntRange(1, 6).Draw(t, "least"), 24*time.Hour
		around := all[rapid.IntRange(0, n-1).Draw(t, "around")]
		found := incident.Find(around, all, least, within)
		if found != nil && len(found) < least {
			t.Fatalf("%d found, at least %d wanted", len(found), least)
		}
		for i := range found {
			if found[i].At.Sub(around.At).Abs() > within {
				t.Fatal("found outside the window")
			}
		}
		shuffled := rapid.Permutation(all).Draw(t, "shuffled")
		if again := incident.Find(around, shuffled, least, within); fmt.Sprint(numbers(again)) != fmt.Sprint(numbers(found)) {
			t.Fatalf("order matters: %v, %v", numbers(found), numbers(again))
		}
		i, j := rapid.IntRange(0, n-1).Draw(t, "i"), rapid.IntRange(0, n-1).Draw(t, "j")
		if incident.Similar(&all[i], &all[j]) != incident.Similar(&all[j], &all[i]) {
			t.Fatal("likeness is not mutual")
		}
		other := signal(1000, "weather", "xx", "qqqqqqqq")
		if again := incident.Find(around, append(all, other), least, within); fmt.Sprint(numbers(again)) != fmt.Sprint(numbers(found)) {
			t.Fatal("something unlike changes what is found")
		}
	})
}

func numbers(s []incident.Signal) (out []int64) {
	for _, x := range s {
		out = append(out, x.Case)
	}
	return out
}

// TestSheetsNeedASecondPerson: a version stands when an approver who did not
// write it says so; a newer one does not stand by itself.
func TestSheetsNeedASecondPerson(t *testing.T) {
	b := &incident.Book{}
	i := b.Open("Payments fail", "payment", "", start)
	check := func(err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Fatalf("%v, want %v", err, want)
		}
	}
	check(i.Approve(1, ben, false, start), review.ErrInput)
	check(i.Write(" ", cleo, start), review.ErrInput)
	check(i.Write("Payments fail since 9:00.", ben, start), nil)
	check(i.Approve(1, cleo, false, start), review.ErrRole)
	check(i.Approve(1, ben, false, start), review.ErrSecondPerson)
	if i.Standing() != nil {
		t.Fatal("an unapproved version stands")
	}
	check(i.Approve(1, ana, false, start), nil)
	check(i.Write("Payments work again since 11:00.", ana, start), nil)
	check(i.Approve(1, ben, false, start), review.ErrStale)
	if i.Standing().N != 1 || i.Latest().N != 2 {
		t.Fatal("the newer version stands before its approval")
	}
	check(i.Approve(2, ana, true, start), nil) // a team of one
	check(i.Plan(ana, start, start), review.ErrInput)
	check(i.Plan(ana, start.Add(time.Hour), start), nil)
	check(i.Close("", ana, start), review.ErrInput)
	if got := i.Involve(1, 2, 1); !slices.Equal(got, []int64{1, 2}) || len(i.Involve(2)) != 0 {
		t.Fatalf("involved %v", got)
	}
	if b.Of("", []int64{2}) != i || b.Of("payment", nil) != i || b.Of("staff", []int64{9}) != nil {
		t.Error("the open incident of a case is not found")
	}
	check(i.Close("The provider mended it.", ana, start), nil)
	check(i.Write("More.", cleo, start), review.ErrInput)
	check(i.Close("Again.", ana, start), review.ErrAlready)
	back, err := incident.ParseBook(b.String())
	if err != nil || back.String() != b.String() || back.Find(1) == nil || back.Find(2) != nil {
		t.Errorf("the book does not come back: %v", err)
	}
	for range 60 {
		_ = b.Open("x", "", "", start).Close("x", ana, start)
	}
	if len(b.All) > 52 || b.Last != 61 {
		t.Errorf("%d incidents are kept, the last is %d", len(b.All), b.Last)
	}
}
